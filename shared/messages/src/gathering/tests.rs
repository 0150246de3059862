//! Who sends together, for how long one waits for another, and whose failure is whose.

use std::sync::atomic::{AtomicUsize, Ordering};

use clock::RuntimeClock;

use super::*;

/// A queue that notes each call and fails as planned, by the number of the call.
#[derive(Default)]
struct Noting {
    calls: Mutex<Vec<Vec<String>>>,
    /// Bodies that are answered as not taken.
    left_out: Vec<&'static str>,
    /// Calls, from 1, that are not answered at all.
    unanswered: Vec<usize>,
    number: AtomicUsize,
}

#[async_trait]
impl MessageQueue for Noting {
    async fn send(&self, queue: &str, messages: &[Outgoing]) -> Result<Answers, QueueError> {
        let number = self.number.fetch_add(1, Ordering::Relaxed) + 1;
        self.calls.lock().unwrap().push(messages.iter().map(|message| format!("{queue}:{}", message.body)).collect());
        if self.unanswered.contains(&number) {
            return Err(QueueError::Unavailable { queue: queue.to_owned(), reason: "as planned".to_owned() });
        }
        let taken = |message: &Outgoing| match self.left_out.contains(&message.body.as_str()) {
            true => Err(SendFailure::Retryable("as planned".to_owned())),
            false => Ok(()),
        };
        Ok(messages.iter().map(taken).collect())
    }
}

const PATIENCE: Duration = Duration::from_millis(100);

fn messages(bodies: &[&str]) -> Vec<Outgoing> {
    bodies.iter().map(|body| Outgoing::standard(*body)).collect()
}

fn gathering(queue: Noting) -> (Arc<Noting>, Arc<Gathering>) {
    let queue = Arc::new(queue);
    (Arc::clone(&queue), Gathering::new(queue, Arc::new(RuntimeClock::at_millis(0)), PATIENCE))
}

/// Each member sends its calls one after another; the requests that this comes to.
async fn requests(calls: &[&[(&'static str, &[&'static str])]]) -> Vec<Vec<String>> {
    let (queue, gathering) = gathering(Noting::default());
    let members: Vec<_> = calls
        .iter()
        .map(|calls| {
            let member = gathering.member();
            async move {
                for (queue, bodies) in *calls {
                    let taken = vec![Ok(()); bodies.len()];
                    assert_eq!(member.send(queue, &messages(bodies)).await, Ok(taken));
                }
            }
        })
        .collect();
    gathering.drive(join_all(members)).await;
    queue.calls.lock().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn what_is_for_one_queue_travels_in_one_request() {
    assert_eq!(
        requests(&[&[("a", &["1"])], &[("a", &["2", "3"])], &[("b", &["4"])]]).await,
        [vec!["a:1", "a:2", "a:3"], vec!["b:4"]]
    );
    // The second calls of those who have one; who has none has left, and is not waited for.
    assert_eq!(
        requests(&[&[("a", &["1"]), ("b", &["2"])], &[("a", &["3"]), ("b", &["4"])], &[("a", &["5"])]]).await,
        [vec!["a:1", "a:3", "a:5"], vec!["b:2", "b:4"]]
    );
    assert_eq!(requests(&[&[], &[("a", &["1"])]]).await, [vec!["a:1"]]);
}

#[tokio::test(start_paused = true)]
async fn a_request_has_ten_messages_at_most() {
    let six = &["1", "2", "3", "4", "5", "6"][..];
    let sent = requests(&[&[("a", six)], &[("a", six)]]).await;
    assert_eq!(sent.iter().map(Vec::len).collect::<Vec<_>>(), [10, 2]);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_its_patience_for_another() {
    let (queue, gathering) = gathering(Noting::default());
    let (prompt, late) = (gathering.member(), gathering.member());
    let began = tokio::time::Instant::now();
    let prompt = async move {
        prompt.send("a", &messages(&["prompt"])).await.unwrap();
        began.elapsed()
    };
    let clock = Arc::clone(&gathering.clock);
    let late = async move {
        clock.sleep(Duration::from_secs(60)).await;
        late.send("a", &messages(&["late"])).await.unwrap();
        began.elapsed()
    };
    let waited = gathering.drive(futures::future::join(prompt, late)).await;
    assert_eq!((waited.0.as_millis(), waited.1.as_secs()), (PATIENCE.as_millis(), 60));
    assert_eq!(*queue.calls.lock().unwrap(), [vec!["a:prompt"], vec!["a:late"]]);
}

#[tokio::test(start_paused = true)]
async fn each_is_answered_for_its_own_messages_alone() {
    let (_, gathering) = gathering(Noting { left_out: vec!["2", "4"], ..Noting::default() });
    let sends = |bodies: &'static [&'static str]| {
        let member = gathering.member();
        async move {
            let answers = member.send("a", &messages(bodies)).await.unwrap();
            answers.iter().map(Result::is_ok).collect::<Vec<bool>>()
        }
    };
    let members = vec![sends(&["1", "2"]), sends(&["3"]), sends(&["4"])];
    assert_eq!(gathering.drive(join_all(members)).await, [vec![true, false], vec![true], vec![false]]);
}

// Fails if a member whose messages went by two requests hears of one alone: what the other took would be taken for unsent, or the other way round.
#[tokio::test(start_paused = true)]
async fn a_request_that_is_not_answered_says_so_to_those_whose_messages_it_had() {
    let (_, gathering) = gathering(Noting { unanswered: vec![2], ..Noting::default() });
    let sends = |bodies: Vec<&'static str>| {
        let member = gathering.member();
        async move { member.send("a", &messages(&bodies)).await }
    };
    let members = vec![sends(vec!["x"; 8]), sends(vec!["y"; 3]), sends(vec!["z"; 2])];
    let answers = gathering.drive(join_all(members)).await;
    assert_eq!(answers[0], Ok(vec![Ok(()); 8]));
    let of_two: Vec<bool> = answers[1].as_ref().unwrap().iter().map(Result::is_ok).collect();
    assert_eq!(of_two, [true, true, false]);
    assert!(matches!(&answers[2], Err(QueueError::Unavailable { .. })), "{:?}", answers[2]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_given_up_is_not_waited_for() {
    let (queue, gathering) = gathering(Noting::default());
    let (gives_up, stays) = (gathering.member(), gathering.member());
    let gives_up = async move {
        let sent = tokio::time::timeout(Duration::from_millis(1), gives_up.send("a", &messages(&["given up"]))).await;
        assert!(sent.is_err());
    };
    let clock = Arc::clone(&gathering.clock);
    let stays = async move {
        clock.sleep(Duration::from_millis(2)).await;
        stays.send("a", &messages(&["sent"])).await.unwrap();
    };
    gathering.drive(futures::future::join(gives_up, stays)).await;
    assert_eq!(*queue.calls.lock().unwrap(), [vec!["a:sent"]]);
}
