//! Deliveries that are drawn and wait for a worker, and workers that wait for a delivery. Bounded by whoever draws.
//!
//! A worker that is woken takes all that it can, so quick handlers cost a wake-up for many events. Nothing waits for long all the
//! same: what is added calls one worker for each thread; one that takes something, while more waits and nobody is on the way, calls
//! another before it runs its handler, which may give its thread away while it blocks; and one whose handler has to wait calls
//! another in its place.
//!
//! Why one for each thread, whoever is on the way already: what a task wakes last is kept for the thread that the task runs on,
//! and no other thread takes it from there. So a worker that is called by another one is called in vain while that one's handler
//! blocks its thread.

use std::{
    collections::VecDeque,
    mem::replace,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use tokio::task::coop::poll_proceed;

/// Things that wait for a worker.
pub(super) struct Prefetch<T> {
    threads: usize,
    state: Mutex<State<T>>,
}

struct State<T> {
    waiting: VecDeque<T>,
    /// One for each worker.
    seats: Vec<Seat>,
    /// The seats of those who are idle; whoever was idle last is called first.
    idle: Vec<usize>,
    /// How many are on their way.
    called: usize,
    closed: bool,
}

/// What a worker does.
enum Seat {
    Busy,
    Idle(Waker),
    /// It was woken, and has not looked yet.
    Called,
}

impl<T> Prefetch<T> {
    /// For workers that run on so many threads.
    pub(super) fn new(threads: usize) -> Self {
        let (waiting, seats, idle) = (VecDeque::new(), Vec::new(), Vec::new());
        Self { threads, state: Mutex::new(State { waiting, seats, idle, called: 0, closed: false }) }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in one more worker: its seat.
    pub(super) fn seat(&self) -> usize {
        let mut state = self.lock();
        state.seats.push(Seat::Busy);
        state.seats.len() - 1
    }

    /// Adds some, and says for how many that wait no worker is idle.
    pub(super) fn push(&self, some: impl IntoIterator<Item = T>) -> usize {
        let mut state = self.lock();
        state.waiting.extend(some);
        let waiting = state.waiting.len();
        let unserved = waiting.saturating_sub(state.idle.len());
        // All before any of them looks and calls another, on a thread that has one.
        let first = state.call();
        let others: Vec<Waker> = (1..waiting.min(self.threads)).map_while(|_| state.call()).collect();
        drop(state);
        for waker in first.into_iter().chain(others) {
            waker.wake();
        }
        unserved
    }

    /// The next one; `None` once this is closed. Cancel safe.
    pub(super) fn pop(&self, seat: usize) -> Pop<'_, T> {
        Pop { prefetch: self, seat, looked: false }
    }

    /// Calls an idle worker, if anything waits: whoever took something last waits for something else now.
    pub(super) fn call(&self) {
        let waker = self.lock().call();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Ends it, and gives what no worker has taken.
    pub(super) fn close(&self) -> VecDeque<T> {
        let mut state = self.lock();
        state.closed = true;
        let rest = std::mem::take(&mut state.waiting);
        let seats = std::mem::take(&mut state.idle);
        let idle: Vec<Seat> =
            seats.into_iter().map(|seat| replace(&mut state.seats[seat], Seat::Busy)).collect();
        drop(state);
        for seat in idle {
            if let Seat::Idle(waker) = seat {
                waker.wake();
            }
        }
        rest
    }
}

impl<T> State<T> {
    fn call(&mut self) -> Option<Waker> {
        if self.waiting.is_empty() {
            return None;
        }
        let seat = self.idle.pop()?;
        match replace(&mut self.seats[seat], Seat::Called) {
            Seat::Idle(waker) => {
                self.called += 1;
                Some(waker)
            }
            Seat::Busy | Seat::Called => None,
        }
    }

    /// Whoever sits there is busy from now on. Whether it had been called.
    fn rise(&mut self, seat: usize) -> bool {
        match replace(&mut self.seats[seat], Seat::Busy) {
            Seat::Busy => false,
            Seat::Idle(_) => {
                self.idle.retain(|idle| *idle != seat);
                false
            }
            Seat::Called => {
                self.called -= 1;
                true
            }
        }
    }
}

/// A worker takes the next one.
pub(super) struct Pop<'a, T> {
    prefetch: &'a Prefetch<T>,
    seat: usize,
    /// It has found nothing so far.
    looked: bool,
}

impl<T> Future for Pop<'_, T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        // Others on this thread get their turn.
        let turn = ready!(poll_proceed(cx));
        let Self { prefetch, seat, looked } = &mut *self;
        let mut state = prefetch.lock();
        if replace(looked, false) {
            state.rise(*seat);
        }
        let next = state.waiting.pop_front();
        if next.is_none() && !state.closed {
            state.seats[*seat] = Seat::Idle(cx.waker().clone());
            state.idle.push(*seat);
            *looked = true;
            return Poll::Pending;
        }
        let another = if state.called == 0 { state.call() } else { None };
        drop(state);
        if let Some(waker) = another {
            waker.wake();
        }
        turn.made_progress();
        Poll::Ready(next)
    }
}

impl<T> Drop for Pop<'_, T> {
    fn drop(&mut self) {
        if self.looked && self.prefetch.lock().rise(self.seat) {
            // Somebody else has to come in its place.
            self.prefetch.call();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc, Condvar,
            atomic::{AtomicUsize, Ordering::Relaxed},
        },
        task::Wake,
        time::Duration,
    };

    use super::*;

    #[tokio::test]
    async fn what_waits_is_taken_in_order_and_the_rest_is_given_back() {
        let prefetch = Prefetch::new(1);
        let seat = prefetch.seat();
        assert_eq!(prefetch.push([1, 2, 3]), 3, "nobody is idle");
        assert_eq!(prefetch.pop(seat).await, Some(1));
        assert_eq!(prefetch.close(), [2, 3]);
        assert_eq!(prefetch.pop(seat).await, None);
    }

    /// An idle worker, as its executor has it.
    struct Idle<'a> {
        pop: Pin<Box<Pop<'a, u32>>>,
        woken: Arc<Woken>,
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    impl Idle<'_> {
        fn poll(&mut self) -> Poll<Option<u32>> {
            self.woken.0.store(0, Relaxed);
            let waker = Waker::from(self.woken.clone());
            self.pop.as_mut().poll(&mut Context::from_waker(&waker))
        }
    }

    fn idle(prefetch: &Prefetch<u32>, many: usize) -> Vec<Idle<'_>> {
        let one = |_| {
            let pop = Box::pin(prefetch.pop(prefetch.seat()));
            let mut idle = Idle { pop, woken: Arc::default() };
            assert!(idle.poll().is_pending());
            idle
        };
        (0..many).map(one).collect()
    }

    fn woken(workers: &[Idle<'_>]) -> usize {
        workers.iter().filter(|worker| worker.woken.0.load(Relaxed) > 0).count()
    }

    #[test]
    fn one_worker_for_each_thread_is_called_and_the_next_ones_by_those_that_took_the_last_call() {
        let prefetch = Prefetch::new(2);
        let mut workers = idle(&prefetch, 6);
        assert_eq!(prefetch.push(0..5), 0);
        assert_eq!(woken(&workers), 2);
        assert_eq!(workers.pop().unwrap().poll(), Poll::Ready(Some(0)));
        assert_eq!(woken(&workers), 1, "the other one is on its way");
        assert_eq!(workers.pop().unwrap().poll(), Poll::Ready(Some(1)));
        assert_eq!(woken(&workers), 1, "nobody was");
        prefetch.call();
        assert_eq!(woken(&workers), 2, "for one whose handler waits");
    }

    #[test]
    fn whoever_is_dropped_on_its_way_sends_another_and_one_that_is_idle_is_forgotten() {
        let prefetch = Prefetch::new(1);
        let mut workers = idle(&prefetch, 3);
        prefetch.push([1]);
        let called = workers.pop().unwrap();
        assert_eq!((called.woken.0.load(Relaxed), woken(&workers)), (1, 0));
        drop(called);
        assert_eq!(woken(&workers), 1);
        drop(workers.remove(0));
        assert_eq!(workers.remove(0).poll(), Poll::Ready(Some(1)));
        assert_eq!(prefetch.push([2]), 1, "nobody is left");
    }

    #[test]
    fn only_idle_workers_count_and_not_those_on_their_way() {
        let prefetch = Prefetch::new(1);
        let mut workers = idle(&prefetch, 1);
        assert_eq!(prefetch.push([1]), 0);
        assert_eq!(prefetch.push([2]), 2, "the idle worker is on its way, and may be held up");
        assert_eq!(workers.pop().unwrap().poll(), Poll::Ready(Some(1)));
    }

    /// How many block their thread at this moment, until as many do as shall.
    #[derive(Default)]
    struct Blocked(Mutex<usize>, Condvar);

    impl Blocked {
        fn until(&self, many: usize) -> bool {
            let mut blocked = self.0.lock().unwrap();
            *blocked += 1;
            self.1.notify_all();
            let wait = self.1.wait_timeout_while(blocked, Duration::from_secs(20), |blocked| *blocked < many);
            !wait.unwrap().1.timed_out()
        }
    }

    /// Whether so many workers of a runtime with so many threads block at once in what `block` gives them to do.
    async fn all_block_at_once(threads: usize, many: usize, block: fn(&Blocked, usize) -> bool) {
        // A thread of tokio that has just looked for work in vain, while another one did, may sleep although there is some, until
        // anything wakes it: some timer, as in every app.
        tokio::spawn(async {
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        for _ in 0..200 {
            let prefetch = Arc::new(Prefetch::new(threads));
            let blocked = Arc::<Blocked>::default();
            let worker = || {
                let (prefetch, blocked, seat) = (prefetch.clone(), blocked.clone(), prefetch.seat());
                async move {
                    while prefetch.pop(seat).await.is_some() {
                        assert!(block(&blocked, many), "some were never called");
                    }
                }
            };
            let workers: Vec<_> = (0..many).map(|_| tokio::spawn(worker())).collect();
            while prefetch.lock().idle.len() < many {
                tokio::task::yield_now().await;
            }
            // As a dispatcher does: in a task.
            let dispatcher = prefetch.clone();
            tokio::spawn(async move { dispatcher.push(0..many) }).await.unwrap();
            while !prefetch.lock().waiting.is_empty() && !workers.iter().any(|worker| worker.is_finished()) {
                tokio::task::yield_now().await;
            }
            prefetch.close();
            for worker in workers {
                worker.await.unwrap();
            }
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn handlers_that_block_run_on_all_threads_at_once() {
        all_block_at_once(2, 2, Blocked::until).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 3)]
    async fn one_worker_called_on_each_thread_is_enough_for_any_number_of_threads() {
        all_block_at_once(3, 3, Blocked::until).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn handlers_that_give_their_thread_away_are_more_than_threads() {
        let block = |blocked: &Blocked, many| tokio::task::block_in_place(|| blocked.until(many));
        all_block_at_once(2, 8, block).await;
    }
}
