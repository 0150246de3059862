//! Task tokens: what an answer carries to show which attempt it answers, and that it may.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ExecutionId;

/// A task token: `bs1.EXECUTION.REVISION.VISIT.ATTEMPT.PROOF`.
///
/// The revision is the one that issued it: an answer whose revision is above the latest comes from before a table was restored
/// (ARCHITECTURE.md, invariant 11). The proof is 128 bits that nobody can guess, different for each attempt (invariant 16).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaskToken {
    /// The execution it belongs to.
    pub execution: ExecutionId,
    /// The revision that issued it.
    pub revision: u64,
    /// The visit.
    pub visit: u64,
    /// The attempt within the visit, from 1.
    pub attempt: u32,
    /// 128 bits, drawn by the execution.
    pub proof: u128,
}

/// Why a text is no task token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid task token")]
pub struct TokenError;

impl fmt::Display for TaskToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bs1.{}.{}.{}.{}.{:032x}", self.execution, self.revision, self.visit, self.attempt, self.proof)
    }
}

impl FromStr for TaskToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let parts: Vec<&str> = text.split('.').collect();
        let ["bs1", execution, revision, visit, attempt, proof] = parts.as_slice() else { return Err(TokenError) };
        let hexadecimal = |digits: &str| digits.len() == 32 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !hexadecimal(execution) || !hexadecimal(proof) {
            return Err(TokenError);
        }
        Ok(Self {
            execution: ExecutionId((*execution).to_owned()),
            revision: revision.parse().map_err(|_| TokenError)?,
            visit: visit.parse().map_err(|_| TokenError)?,
            attempt: attempt.parse().map_err(|_| TokenError)?,
            proof: u128::from_str_radix(proof, 16).map_err(|_| TokenError)?,
        })
    }
}

impl Serialize for TaskToken {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TaskToken {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_what_it_wrote() {
        let token = TaskToken { execution: ExecutionId::from_random(7), revision: 3, visit: 12, attempt: 2, proof: u128::MAX };
        assert_eq!(token.to_string().parse(), Ok(token));
    }

    #[test]
    fn a_token_that_was_tampered_with_is_refused() {
        for text in [
            "",
            "bs1",
            "bs2.00000000000000000000000000000007.3.12.2.00000000000000000000000000000007",
            "bs1.7.3.12.2.7",
            "bs1.x.y.z.a.b",
        ] {
            assert_eq!(text.parse::<TaskToken>(), Err(TokenError), "{text}");
        }
    }
}
