//! A server that does what a test tells it to: so much of the protocol as the client needs to ask and to send. Says nothing by itself
//! but that it is there.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::{clock::Clock, nats::Link};

const INFO: &str = r#"INFO {"server_id":"S","server_name":"S","version":"2.12.0","proto":1,"host":"127.0.0.1","port":4222,"headers":true,"max_payload":1048576,"client_id":1}"#;

/// So long the client has for what it should say.
const PATIENCE: Duration = Duration::from_secs(20);

/// One connection, from the server's side.
pub(crate) struct Server {
    listener: TcpListener,
    stream: TcpStream,
    unread: Vec<u8>,
    /// What the client listens on, by number.
    listens: Vec<(String, String)>,
}

/// What has arrived; `reply` is empty where no answer is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) subject: String,
    pub(crate) reply: String,
}

impl Server {
    /// A server, and a client that is connected to it.
    pub(crate) async fn start(clock: &Clock) -> (Self, Arc<Link>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("nats://{}", listener.local_addr().unwrap());
        let (clock, connect) =
            (clock.clone(), async move |clock| Link::connect("broker", &url, &clock).await);
        let connecting = tokio::spawn(async move { connect(clock).await });
        let (stream, _) = listener.accept().await.unwrap();
        let mut server = Self { listener, stream, unread: Vec::new(), listens: Vec::new() };
        server.say(INFO).await;
        let asked = server.asked(1).await;
        assert_eq!(asked[0].subject, "$JS.API.INFO");
        server.answer(&asked[0], "{}").await;
        (server, connecting.await.unwrap().unwrap())
    }

    /// Hangs up, and takes the next connection.
    pub(crate) async fn hang_up(&mut self) {
        self.stream.shutdown().await.unwrap();
        self.unread.clear();
        self.listens.clear();
        self.stream = self.listener.accept().await.unwrap().0;
        self.say(INFO).await;
    }

    pub(crate) async fn say(&mut self, line: &str) {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
    }

    pub(crate) async fn answer(&mut self, to: &Arrived, text: &str) {
        self.say_all(&[(to.reply.clone(), text.to_owned())]).await;
    }

    /// Answers, all of them in one packet.
    pub(crate) async fn say_all(&mut self, answers: &[(String, String)]) {
        let lines: Vec<String> = answers
            .iter()
            .map(|(to, text)| format!("MSG {to} {} {}\r\n{text}", self.number(to), text.len()))
            .collect();
        self.say(&lines.join("\r\n")).await;
    }

    /// The number under which the client listens there.
    pub(crate) fn number(&self, subject: &str) -> &str {
        let hears = |(listens, _): &&(String, String)| subject.starts_with(listens.trim_end_matches('*'));
        &self.listens.iter().find(hears).unwrap().1
    }

    /// What arrives until there are so many.
    pub(crate) async fn asked(&mut self, count: usize) -> Vec<Arrived> {
        let mut all = Vec::new();
        // For all of them: the client says that it is there all the while.
        let arrives = timeout(PATIENCE, async {
            while all.len() < count {
                all.extend(self.one_read().await);
            }
        });
        let in_time = arrives.await.is_ok();
        assert!(in_time && all.len() == count, "{all:?}");
        all
    }

    /// The requests of one packet; those in it are what the client has written in one go.
    pub(crate) async fn one_read(&mut self) -> Vec<Arrived> {
        let mut packet = vec![0; 1 << 20];
        let read = timeout(PATIENCE, self.stream.read(&mut packet)).await;
        let read = read.expect("the client does not say what it should").unwrap();
        assert!(read > 0, "the client hung up");
        self.unread.extend_from_slice(&packet[..read]);
        let mut arrived = Vec::new();
        while let Some(end) = self.unread.windows(2).position(|pair| pair == b"\r\n") {
            let line = String::from_utf8(self.unread[..end].to_vec()).unwrap();
            let words: Vec<&str> = line.split(' ').collect();
            let mut whole = end + 2;
            let (subject, reply, bytes) = match words[..] {
                ["PUB", subject, bytes] => (subject, "", bytes),
                ["PUB", subject, reply, bytes] | ["HPUB", subject, reply, _, bytes] => {
                    (subject, reply, bytes)
                }
                _ => {
                    match words[..] {
                        ["PING"] => self.say("PONG").await,
                        ["SUB", subject, number] => {
                            self.listens.push((subject.to_owned(), number.to_owned()));
                        }
                        ["CONNECT", ..] => {}
                        _ => panic!("the client says {line}"),
                    }
                    self.unread.drain(..whole);
                    continue;
                }
            };
            whole += bytes.parse::<usize>().unwrap() + 2;
            if self.unread.len() < whole {
                break;
            }
            arrived.push(Arrived { subject: subject.to_owned(), reply: reply.to_owned() });
            self.unread.drain(..whole);
        }
        arrived
    }
}
