//! Whose an answer is, what ends a request, and what goes out together.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use bytes::Bytes;
use futures_util::future::join_all;
use tokio::task::{JoinHandle, yield_now};

use super::{Begun, Patience, Request};
use crate::{
    clock::Clock,
    nats::{AskError, Link, scripted::Server},
};

/// So long no test waits, if all is well.
const LONG: Duration = Duration::from_secs(20);

async fn ask(link: Arc<Link>, subject: String, within: Duration) -> Result<String, AskError> {
    let answer = link.ask(subject, None, Bytes::new(), within).await?;
    Ok(String::from_utf8(answer.payload.to_vec()).unwrap())
}

fn asking(link: &Arc<Link>, subject: &str) -> JoinHandle<Result<String, AskError>> {
    tokio::spawn(ask(link.clone(), subject.to_owned(), LONG))
}

/// How many are under way, and how many have ended that nobody has taken notice of.
fn left(link: &Link) -> (usize, usize) {
    let pending = link.requests.desk.lock();
    (pending.asked.len(), pending.ended)
}

#[tokio::test]
async fn an_answer_goes_to_whoever_asked_in_whatever_order_and_what_is_none_to_nobody() {
    let (mut server, link) = Server::start(&Clock::system()).await;
    let all: Vec<_> = (0..5).map(|number| asking(&link, &format!("s.{number}"))).collect();
    let arrived = server.asked(5).await;
    let inbox = arrived[0].reply.rsplit_once('.').unwrap().0.to_owned();
    let mut answers: Vec<_> =
        arrived.iter().rev().map(|one| (one.reply.clone(), one.subject.clone())).collect();
    for odd in ["999", "x", "-1"] {
        answers.insert(0, (format!("{inbox}.{odd}"), "odd".to_owned()));
    }
    // A second answer is nobody's.
    answers.insert(4, (answers[3].0.clone(), "again".to_owned()));
    server.say_all(&answers).await;
    for (number, asked) in all.into_iter().enumerate() {
        assert_eq!(asked.await.unwrap().unwrap(), format!("s.{number}"));
    }
    assert_eq!(left(&link), (0, 0));
}

#[tokio::test]
async fn a_cancelled_request_leaves_nothing_behind_whether_it_was_answered_or_not() {
    let (mut server, link) = Server::start(&Clock::system()).await;
    let first = asking(&link, "first");
    let one = server.asked(1).await.remove(0);
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert_eq!(left(&link), (0, 0));
    {
        let mut second = pin!(ask(link.clone(), "second".to_owned(), LONG));
        let waits = poll_fn(|cx| Poll::Ready(second.as_mut().poll(cx).is_pending())).await;
        assert!(waits);
        let two = server.asked(1).await.remove(0);
        server.say_all(&[(one.reply, "late".to_owned()), (two.reply, "unheard".to_owned())]).await;
        while left(&link) != (0, 1) {
            yield_now().await;
        }
    }
    assert_eq!(left(&link), (0, 0));
    let third = asking(&link, "third");
    let three = server.asked(1).await.remove(0);
    server.answer(&three, "mine").await;
    assert_eq!(third.await.unwrap().unwrap(), "mine");
}

#[tokio::test]
async fn what_is_not_answered_in_time_ends_and_what_has_time_left_does_not() {
    let clock = Clock::simulated();
    let (mut server, link) = Server::start(&clock).await;
    let short = tokio::spawn(ask(link.clone(), "short".to_owned(), Duration::from_millis(350)));
    let long = asking(&link, "long");
    let arrived = server.asked(2).await;
    clock.advance(Duration::from_millis(340)).await;
    assert!(!short.is_finished());
    clock.advance(super::SWEEP + Duration::from_millis(10)).await;
    let ended = short.await.unwrap();
    assert!(
        matches!(ended, Err(AskError::TimedOut(after)) if after == Duration::from_millis(350)),
        "{ended:?}"
    );
    assert_eq!(left(&link), (1, 0));
    let long_one = arrived.iter().find(|one| one.subject == "long").unwrap();
    server.answer(long_one, "in time").await;
    assert_eq!(long.await.unwrap().unwrap(), "in time");
}

#[tokio::test]
async fn what_cannot_even_be_sent_ends_in_time_too() {
    let clock = Clock::simulated();
    let (server, link) = Server::start(&clock).await;
    // More than the client has room for, to a server that reads none of it.
    let (count, payload) = (3_000, Bytes::from(vec![b'x'; 100_000]));
    let all = {
        let link = link.clone();
        let one = move || {
            let (link, payload) = (link.clone(), payload.clone());
            async move { link.ask("s", None, payload, Duration::from_millis(200)).await }
        };
        tokio::spawn(async move { join_all((0..count).map(|_| one())).await })
    };
    while left(&link).0 < count {
        yield_now().await;
    }
    clock.advance(Duration::from_secs(1)).await;
    let all = tokio::time::timeout(LONG, all).await.expect("they still wait");
    for ended in all.unwrap() {
        assert!(matches!(ended, Err(AskError::TimedOut(_))), "{ended:?}");
    }
    assert_eq!(left(&link), (0, 0));
    drop(server);
}

#[tokio::test]
async fn an_outage_ends_what_was_asked_before_it_and_nothing_after() {
    let (mut server, link) = Server::start(&Clock::system()).await;
    let all: Vec<_> = ["a", "b", "c"].map(|subject| asking(&link, subject)).into();
    server.asked(3).await;
    server.hang_up().await;
    for asked in all {
        let ended = asked.await.unwrap();
        assert!(matches!(ended, Err(AskError::Outage(_))), "{ended:?}");
    }
    assert_eq!(left(&link), (0, 0));
    let after = asking(&link, "after");
    let one = server.asked(1).await.remove(0);
    server.answer(&one, "back").await;
    assert_eq!(after.await.unwrap().unwrap(), "back");
}

#[tokio::test]
async fn a_refusal_ends_what_was_asked_on_its_subject_and_nothing_else() {
    let (mut server, link) = Server::start(&Clock::system()).await;
    let (forbidden, allowed, nowhere) =
        (asking(&link, "forbidden"), asking(&link, "allowed"), asking(&link, "nowhere"));
    let arrived = server.asked(3).await;
    let of = |subject: &str| arrived.iter().find(|one| one.subject == subject).unwrap().clone();
    server.say("-ERR 'Permissions Violation for Publish to \"forbidden\"'").await;
    let ended = forbidden.await.unwrap();
    assert!(matches!(&ended, Err(AskError::Denied(subject)) if subject == "forbidden"), "{ended:?}");
    let reply = of("nowhere").reply;
    let number = server.number(&reply).to_owned();
    server.say(&format!("HMSG {reply} {number} 16 16\r\nNATS/1.0 503\r\n\r\n")).await;
    let ended = nowhere.await.unwrap();
    assert!(matches!(&ended, Err(AskError::NoResponder(subject)) if subject == "nowhere"), "{ended:?}");
    assert!(!allowed.is_finished());
    server.answer(&of("allowed"), "yes").await;
    assert_eq!(allowed.await.unwrap().unwrap(), "yes");
    // Of what was refused before it was asked nothing is known: it may be allowed by now.
    let again = asking(&link, "forbidden");
    let one = server.asked(1).await.remove(0);
    server.answer(&one, "now").await;
    assert_eq!(again.await.unwrap().unwrap(), "now");
}

#[tokio::test]
async fn what_the_client_does_not_send_ends_at_once() {
    let (mut server, link) = Server::start(&Clock::system()).await;
    let under_way = asking(&link, "small");
    let one = server.asked(1).await.remove(0);
    // Alone, and with others.
    for _ in 0..2 {
        let large = Bytes::from(vec![b'x'; link.max_payload() + 1]);
        let ended = link.ask("large", None, large, LONG).await;
        assert!(matches!(ended, Err(AskError::TooLarge)), "{ended:?}");
        if !under_way.is_finished() {
            server.answer(&one, "done").await;
        }
        while !under_way.is_finished() {
            yield_now().await;
        }
    }
    assert_eq!(left(&link), (0, 0));
}

#[tokio::test]
async fn what_would_break_a_line_of_the_protocol_is_not_sent() {
    let (mut server, link) = Server::start(&Clock::system()).await;
    for none in ["", "a b", "a\tb", "a\r\nPUB b 0", "a\nb", "a\0"] {
        // Alone, and with others; asked, and said.
        let under_way = asking(&link, "other");
        let other = server.asked(1).await.remove(0);
        for _ in 0..2 {
            let ended = link.ask(none, None, Bytes::new(), LONG).await;
            assert!(matches!(ended, Err(AskError::Client(_))), "{none:?}: {ended:?}");
            link.send(none, Some("a.reply".to_owned()), Bytes::new()).await;
            if !under_way.is_finished() {
                server.answer(&other, "done").await;
            }
            while !under_way.is_finished() {
                yield_now().await;
            }
        }
        link.send("a.subject", None, Bytes::new()).await;
        assert_eq!(server.asked(1).await.remove(0).subject, "a.subject", "{none:?} was sent");
    }
    assert_eq!(left(&link), (0, 0));
}

#[tokio::test]
async fn what_one_task_asks_is_sent_at_once_and_what_several_ask_is_held_for_a_turn() {
    let (_server, link) = Server::start(&Clock::system()).await;
    fn at_once(link: &Link) -> (Begun<'_>, bool) {
        let request = Request { subject: "s".into(), headers: None, payload: Bytes::new() };
        let patience = Patience { until: link.clock.now() + LONG, within: LONG };
        let begun = link.requests.desk.begin(link.state(), request, patience).ok().unwrap();
        let at_once = begun.sending.is_some();
        (begun, at_once)
    }
    let mine = [at_once(&link), at_once(&link)];
    assert!(mine.iter().all(|(_, at_once)| *at_once));
    let other = link.clone();
    let theirs = tokio::spawn(async move { at_once(&other).1 });
    assert!(!theirs.await.unwrap());
    // Whoever began goes with the others from now on, until nobody asks any more.
    assert!(!at_once(&link).1);
    drop(mine);
    assert!(at_once(&link).1);
}

async fn echoes(server: &mut Server, count: usize) -> Vec<(String, String)> {
    server.asked(count).await.into_iter().map(|one| (one.reply, one.subject)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn one_task_and_many_are_answered_whatever_is_held_and_whatever_is_not() {
    let (mut server, link) = Server::start(&Clock::system()).await;
    // One task that asks for twenty things, and twenty tasks, each of which asks as soon as it is answered.
    let one_task = {
        let link = link.clone();
        tokio::spawn(async move { join_all((0..20).map(|_| ask(link.clone(), "s".to_owned(), LONG))).await })
    };
    let answers = echoes(&mut server, 20).await;
    server.say_all(&answers).await;
    one_task.await.unwrap();
    let alone = asking(&link, "alone");
    let alone_arrived = server.asked(1).await.remove(0);
    let all = {
        let link = link.clone();
        tokio::spawn(async move {
            join_all((0..20).map(|number| {
                let link = link.clone();
                tokio::spawn(async move {
                    for round in 0..3 {
                        let subject = format!("s.{number}.{round}");
                        assert_eq!(ask(link.clone(), subject.clone(), LONG).await.unwrap(), subject);
                    }
                })
            }))
            .await
        })
    };
    let mut also = Some((alone_arrived.reply, "done".to_owned()));
    for _ in 0..3 {
        let mut answers = echoes(&mut server, 20).await;
        answers.extend(also.take());
        server.say_all(&answers).await;
    }
    assert_eq!(alone.await.unwrap().unwrap(), "done");
    for task in all.await.unwrap() {
        task.unwrap();
    }
    assert_eq!(left(&link), (0, 0));
}
