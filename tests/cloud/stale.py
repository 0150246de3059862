"""A change in a shared crate is never shipped stale. Run in the virtual environment of the SAM CLI (its YAML reader knows CloudFormation's tags):

    stale.py TARGET      where the functions were built (cargo's target directory)

Two halves. SAM: a workspace of the same form (a function's crate, a shared crate beside it), built twice by `sam build` with this repository's samconfig.toml,
globals and build method, ships the shared crate's change; and it does not with `cached = true`, which is how the test is known to see it. Cargo: every
function that was built here names the sources of every shared crate that it is made of as what it has to be built again for.
"""
import copy
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from samcli.yamlhelper import yaml_dump, yaml_parse

ROOT = Path(__file__).resolve().parent.parent.parent
PROFILE = "[workspace]\nresolver = \"3\"\nmembers = [\"functions\", \"shared/words\"]\n"
PACKAGE = '[package]\nname = "{}"\nversion = "0.1.0"\nedition = "2024"\n'


def workspace(folder, cached):
    """A function that says what a shared crate does."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    function = template["Resources"]["StartFunction"]
    shared = {name: value for name, value in template["Globals"]["Function"].items() if name in ("Runtime", "Handler", "Architectures", "CodeUri")}
    small = {
        "AWSTemplateFormatVersion": template["AWSTemplateFormatVersion"], "Transform": template["Transform"],
        "Parameters": {"Architecture": template["Parameters"]["Architecture"]}, "Globals": {"Function": shared},
        "Resources": {"StartFunction": {"Type": function["Type"], "Metadata": function["Metadata"], "Properties": {"Description": "says"}}},
    }
    for path in ("functions/src/bin", "functions/.cargo", "shared/words/src"):
        (folder / path).mkdir(parents=True)
    (folder / "template.yaml").write_text(yaml_dump(copy.deepcopy(small)))
    (folder / "Cargo.toml").write_text(PROFILE)
    (folder / "functions/Cargo.toml").write_text(PACKAGE.format("functions") + '[dependencies]\nwords = { path = "../shared/words" }\n')
    (folder / "shared/words/Cargo.toml").write_text(PACKAGE.format("words"))
    (folder / "functions/src/bin/start.rs").write_text('fn main() { println!("{}", words::SAID); }\n')
    shutil.copy(ROOT / "functions/.cargo/config.toml", folder / "functions/.cargo/config.toml")
    settings = (ROOT / "samconfig.toml").read_text()
    (folder / "samconfig.toml").write_text(settings.replace("cached = false", "cached = true") if cached else settings)


def shipped(folder, said):
    """What the function says that `sam build` makes when the shared crate says this."""
    (folder / "shared/words/src/lib.rs").write_text(f'pub const SAID: &str = "{said}";\n')
    machine = "arm64" if os.uname().machine in ("aarch64", "arm64") else "x86_64"
    command = [Path(sys.executable).parent / "sam", "build", "--config-env", "test", "--parameter-overrides", f"Architecture={machine}"]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(folder / "target"), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    subprocess.run([str(part) for part in command], check=True, cwd=folder, env=environment, capture_output=True)
    return subprocess.run([folder / ".aws-sam/build/StartFunction/bootstrap"], check=True, capture_output=True, text=True).stdout.strip()


def second_build(cached):
    with tempfile.TemporaryDirectory(prefix="backstep-stale-") as name:
        workspace(Path(name), cached)
        assert shipped(Path(name), "one") == "one"
        return shipped(Path(name), "two")


def shared_crates():
    """The shared crates that functions are made of, by cargo's own resolution."""
    command = ["cargo", "tree", "--locked", "--package", "functions", "--edges", "normal", "--prefix", "none", "--format", "{p}"]
    told = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True).stdout
    return {Path(path).name for path in re.findall(r"\((/.*/shared/[^/ )]+)\)", told)}


def built_for(target, binary):
    """The files that cargo looks at before it takes a binary for up to date: those of the one that was built last."""
    found = sorted([*target.glob(f"release/{binary}.d"), *target.glob(f"*/release/{binary}.d")], key=lambda path: path.stat().st_mtime)
    assert found, f"{binary} was not built below {target}"
    return found[-1].read_text()


def unwatched(target):
    """Sources of shared crates that a function is not built again for."""
    for source in sorted((ROOT / "functions/src/bin").glob("*.rs")):
        told = built_for(target, source.stem)
        for crate in sorted(shared_crates()):
            if f"/shared/{crate}/src/lib.rs" not in told:
                yield f"{source.stem}: {crate}"


def main(target):
    assert second_build(cached=False) == "two", "a change in a shared crate was not shipped"
    assert second_build(cached=True) == "one", "this test would not notice a stale function"
    missed = list(unwatched(target))
    assert not missed, f"functions that are not built again when a shared crate changes: {missed}"
    print(json.dumps({"stale": "never", "crates": sorted(shared_crates())}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
