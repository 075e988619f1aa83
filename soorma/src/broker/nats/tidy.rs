//! The end of a member.

use std::{future::poll_fn, time::Duration};

use bytes::Bytes;
use futures_util::StreamExt;

use super::{item::Item, task::Task};
use crate::{broker::Kind, race::race};

/// How long what is on its way is waited for when the member goes.
const TIDY: Duration = Duration::from_secs(1);

impl Task {
    /// Gives back what the member has not drawn, and what is on its way to it: as soon as it draws no more, so that
    /// nothing lies here while it goes on with what it has.
    pub(super) async fn tidy(mut self) {
        let clock = self.shared.link.clock.clone();
        // Whatever the server has sent is read before this ends.
        if self.shared.link.is_connected() && self.subscriber.drain().await.is_ok() {
            let rest = async {
                while let Some(message) = self.subscriber.next().await {
                    if let Some(name) = message.reply.filter(|_| message.status.is_none()) {
                        self.shared.link.send(name, None, Bytes::from_static(b"-NAK")).await;
                    }
                }
            };
            race(rest, clock.sleep(TIDY)).await;
        }
        let unused: Vec<Item> = self.buffer.lock().ready.drain(..).collect();
        for item in unused.iter().filter(|item| item.settles && item.hold.is_ours()) {
            self.shared.link.send(item.hold.name(), None, Bytes::from_static(b"-NAK")).await;
        }
        if !matches!(self.spec.kind, Kind::Group { .. }) {
            self.left().await;
            for part in self.asking.parts() {
                self.shared.drop_ephemeral(&part.consumer);
                let gone = self.shared.delete_consumer(self.spec.id.topic, &part.consumer);
                race(async { drop(gone.await) }, clock.sleep(TIDY)).await;
            }
        }
        self.shared.link.flush().await;
        self.shared.members.send_modify(|members| *members -= 1);
    }

    /// Waits until the member is gone: until then it settles what it has drawn, and the consumer must be there.
    async fn left(&self) {
        let mut closed = self.shared.closed.subscribe();
        race(poll_fn(|cx| self.buffer.poll_left(cx)), closed.wait_for(|closed| *closed)).await;
    }
}
