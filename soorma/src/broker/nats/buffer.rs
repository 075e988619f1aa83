//! What lies between the server and a member: deliveries that were not drawn yet, and how many more there is room for.
//! Knows who waits on either side; must not know how deliveries are asked for, nor what one is.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// Between the task and the member, which wake each other.
pub(super) struct Buffer<T>(Mutex<State<T>>);

pub(super) struct State<T> {
    pub(super) ready: VecDeque<T>,
    /// For how many the member has room besides.
    pub(super) wanted: usize,
    /// The task is to look how many are wanted.
    demand: bool,
    /// The member draws no more.
    pub(super) stopped: bool,
    /// The member is gone.
    left: bool,
    /// Nothing more will come.
    over: bool,
    member: Option<Waker>,
    task: Option<Waker>,
}

impl<T> State<T> {
    /// For how many more there is room.
    pub(super) fn room(&self) -> usize {
        self.wanted.saturating_sub(self.ready.len())
    }

    /// Has the task look.
    fn call(&mut self) -> Option<Waker> {
        self.demand = true;
        self.task.take()
    }
}

impl<T> Buffer<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State {
            ready: VecDeque::new(),
            wanted: 0,
            demand: false,
            stopped: false,
            left: false,
            over: false,
            member: None,
            task: None,
        }))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what has come.
    pub(super) fn push(&self, items: impl Iterator<Item = T>) {
        let mut state = self.lock();
        state.ready.extend(items);
        let member = state.member.take();
        drop(state);
        wake(member);
    }

    /// What the member draws, as `take` makes it; what it makes nothing of is passed over. Ready once there is something; `None`
    /// once nothing more will come. Where there is nothing, `ask` is to see to it that enough is on its way, of so many; where it
    /// says that it does not, the task is called.
    pub(super) fn poll_draw<D>(
        &self,
        max: usize,
        mut take: impl FnMut(T) -> Option<D>,
        ask: impl FnOnce(usize) -> bool,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Vec<D>>> {
        let mut state = self.lock();
        if state.over {
            return Poll::Ready(None);
        }
        let mut taken = Vec::with_capacity(max.min(state.ready.len()));
        while taken.len() < max
            && let Some(item) = state.ready.pop_front()
        {
            taken.extend(take(item));
        }
        state.wanted = max - taken.len();
        if taken.is_empty() {
            note(&mut state.member, cx);
            // Under the lock: nothing is asked for once this has ended, and the room is what whoever asked before has seen.
            let task = if state.stopped || ask(state.room()) { None } else { state.call() };
            drop(state);
            wake(task);
            return Poll::Pending;
        }
        Poll::Ready(Some(taken))
    }

    /// For the task: ready when more is wanted, then true; or when the member draws no more, then false.
    pub(super) fn poll_demand(&self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut state = self.lock();
        if state.stopped {
            return Poll::Ready(false);
        }
        if std::mem::take(&mut state.demand) {
            return Poll::Ready(true);
        }
        note(&mut state.task, cx);
        Poll::Pending
    }

    /// For the task: ready when the member is gone.
    pub(super) fn poll_left(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.left {
            return Poll::Ready(());
        }
        note(&mut state.task, cx);
        Poll::Pending
    }

    /// The member draws no more; it may still settle.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        let task = state.task.take();
        drop(state);
        wake(task);
    }

    /// The member is gone.
    pub(super) fn leave(&self) {
        let mut state = self.lock();
        state.stopped = true;
        state.left = true;
        let task = state.task.take();
        drop(state);
        wake(task);
    }

    /// Nothing more will come.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.over = true;
        let member = state.member.take();
        drop(state);
        wake(member);
    }
}

fn note(place: &mut Option<Waker>, cx: &Context<'_>) {
    match place {
        Some(known) => known.clone_from(cx.waker()),
        None => *place = Some(cx.waker().clone()),
    }
}

/// Once the lock is given back: whoever is woken takes it at once.
fn wake(waiting: Option<Waker>) {
    if let Some(waiting) = waiting {
        waiting.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        task::Wake,
    };

    use super::*;

    /// Counts how often it is woken.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Woken {
        fn times(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    /// A buffer of numbers, of which the odd ones are somebody else's by now; and whoever waits on either side.
    struct Bench {
        buffer: Buffer<u32>,
        member: Arc<Woken>,
        task: Arc<Woken>,
        /// Whether the member can ask by itself.
        asks: Cell<bool>,
        /// For how many it was to ask the last time.
        asked: Cell<Option<usize>>,
    }

    impl Bench {
        fn new() -> Self {
            Self {
                buffer: Buffer::new(),
                member: Arc::default(),
                task: Arc::default(),
                asks: Cell::new(true),
                asked: Cell::new(None),
            }
        }

        fn draw(&self, max: usize) -> Poll<Option<Vec<u32>>> {
            let waker = self.member.clone().into();
            let even = |number: u32| number.is_multiple_of(2).then_some(number);
            let ask = |room| {
                self.asked.set(Some(room));
                self.asks.get()
            };
            self.buffer.poll_draw(max, even, ask, &mut Context::from_waker(&waker))
        }

        fn demand(&self) -> Poll<bool> {
            let waker = self.task.clone().into();
            self.buffer.poll_demand(&mut Context::from_waker(&waker))
        }
    }

    #[test]
    fn what_came_is_drawn_in_order_as_far_as_there_is_room_and_what_is_lost_is_passed_over() {
        let bench = Bench::new();
        bench.buffer.push([2, 1, 4, 6, 3, 8].into_iter());
        assert_eq!(bench.draw(3), Poll::Ready(Some(vec![2, 4, 6])));
        assert_eq!(bench.buffer.lock().room(), 0);
        assert_eq!(bench.draw(3), Poll::Ready(Some(vec![8])));
        assert_eq!(bench.buffer.lock().room(), 2, "there is room for two more");
        bench.buffer.push([10].into_iter());
        assert_eq!(bench.buffer.lock().room(), 1);
    }

    #[test]
    fn a_member_that_waits_is_woken_by_what_comes_and_by_the_end() {
        let bench = Bench::new();
        assert_eq!(bench.draw(1), Poll::Pending);
        bench.buffer.push([2].into_iter());
        assert_eq!(bench.member.times(), 1);
        bench.buffer.push([4].into_iter());
        assert_eq!(bench.member.times(), 1, "it does not wait any more");
        assert_eq!(bench.draw(2), Poll::Ready(Some(vec![2, 4])));
        bench.buffer.push([1].into_iter());
        assert_eq!(bench.draw(1), Poll::Pending, "what came is somebody else's");
        bench.buffer.end();
        assert_eq!(bench.member.times(), 2);
        assert_eq!(bench.draw(1), Poll::Ready(None));
    }

    #[test]
    fn the_task_is_called_once_where_the_member_cannot_ask_by_itself_and_not_otherwise() {
        let bench = Bench::new();
        assert_eq!(bench.demand(), Poll::Pending);
        assert_eq!((bench.draw(8), bench.asked.take()), (Poll::Pending, Some(8)));
        assert_eq!((bench.task.times(), bench.demand()), (0, Poll::Pending), "it has asked");
        bench.asks.set(false);
        assert_eq!(bench.draw(8), Poll::Pending);
        assert_eq!((bench.task.times(), bench.demand()), (1, Poll::Ready(true)));
        assert_eq!(bench.demand(), Poll::Pending, "it has been told");
    }

    #[test]
    fn a_member_asks_for_more_only_while_it_waits() {
        let bench = Bench::new();
        bench.buffer.push([2, 1].into_iter());
        assert_eq!(
            (bench.draw(8), bench.asked.take()),
            (Poll::Ready(Some(vec![2])), None),
            "there is something"
        );
        bench.buffer.push([1].into_iter());
        assert_eq!((bench.draw(8), bench.asked.take()), (Poll::Pending, Some(8)), "that was somebody else's");
        bench.buffer.stop();
        assert_eq!((bench.draw(8), bench.asked.take()), (Poll::Pending, None));
        bench.buffer.end();
        assert_eq!((bench.draw(8), bench.asked.take()), (Poll::Ready(None), None));
    }

    #[test]
    fn the_task_is_told_that_the_member_stops_and_that_it_leaves() {
        let bench = Bench::new();
        assert_eq!(bench.demand(), Poll::Pending);
        bench.buffer.stop();
        assert_eq!((bench.task.times(), bench.demand()), (1, Poll::Ready(false)));
        let waker = bench.task.clone().into();
        let left = || bench.buffer.poll_left(&mut Context::from_waker(&waker));
        assert_eq!(left(), Poll::Pending, "it may still settle");
        bench.buffer.leave();
        assert_eq!((bench.task.times(), left()), (2, Poll::Ready(())));
    }
}
