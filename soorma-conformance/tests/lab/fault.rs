//! What can go wrong, and which case notices.

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// A delivery is acknowledged when it is drawn.
    AcksBeforeHandling,
    /// Nobody waits for room, and no topic is ever full.
    AdmitsAll,
    /// A broadcast is heard by one instance.
    BroadcastsAreShared,
    /// What is stored is written anew, in an order of its own.
    ChangesData,
    /// A batch is said to be whole, and is stored event by event.
    ClaimsAtomic,
    /// Every tenth event is confirmed and not stored.
    ConfirmsTooEarly,
    /// It gives up by itself on what was handed back twice, as if those had been attempts.
    CountsHandBacks,
    /// Each dead letter is stored twice.
    DeadLettersTwice,
    /// It gives more than was asked for.
    DrawsWithoutLimit,
    /// A duplicate is what has the same id, whoever it is from.
    DropsById,
    /// Where many wait, the oldest goes.
    DropsTheOldest,
    /// A durable is its process's own.
    DurableOfOneProcess,
    /// What is published with a delay waits in the server's memory.
    ForgetsDelayed,
    /// Of a dead letter's errors, only the last are kept.
    ForgetsFirstErrors,
    /// A renamed subscription is a new one.
    ForgetsFormerNames,
    /// All groups are one.
    GroupsShare,
    /// What a handler publishes waits for room too.
    HandlersWaitForRoom,
    /// Patterns are for the client to look at.
    HearsEveryType,
    /// An event in backoff holds up all others.
    HoldsUp,
    /// Everything is sent to everyone.
    IgnoresAddresses,
    /// What is handed back comes again at once.
    IgnoresTheDelay,
    /// What is handed back, or delayed, comes seconds late.
    IsLate,
    /// `ordered` is taken for a wish.
    LeaksOrder,
    /// The first acknowledgement of a connection is confirmed and forgotten.
    LosesAnAck,
    /// A dead letter is an event that is gone.
    LosesDeadLetters,
    /// What retention took is not counted.
    NeverMissed,
    /// Every event is a new one.
    NeverRecognises,
    /// A dead letter is handed out once more before it is one.
    OneAttemptTooMany,
    /// All keys share one lane.
    OneLane,
    /// Every namespace is the same.
    OneNamespace,
    /// A batch has one result.
    OneResultABatch,
    /// Each process keeps order among the events that it happens to get.
    OrderWithinProcess,
    /// A handle is healthy without a server.
    ReadyTooEarly,
    /// A dead letter is published once more.
    ReplaysToEveryone,
    /// Leases cannot be extended.
    ShortLeases,
    /// After a broken connection nothing is delivered any more, and nothing is said.
    SilentAfterReconnect,
    /// A connection on which nothing happens is given up, and nobody notices.
    SilentAfterSilence,
    /// What cannot be read is skipped.
    SkipsUnreadable,
    /// A new group always starts with what comes.
    StartsNow,
    /// A closed handle goes on.
    StaysOpen,
    /// Every event is stored twice.
    StoresTwice,
    /// A setting that somebody has changed is passed over.
    TellsNoDrift,
    /// What cannot be stored by its size ends the connection.
    TooLargeIsNoAnswer,
    /// What is published on one topic is on the next one too.
    TopicsLeak,
}

/// Each broken broker, and the cases that it must fail.
pub(crate) const CAUGHT_BY: &[(Fault, &[&str])] = &[
    (Fault::AcksBeforeHandling, &["C12", "C20", "C22", "C46", "C54"]),
    (Fault::AdmitsAll, &["C49"]),
    (Fault::BroadcastsAreShared, &["C07"]),
    (Fault::ChangesData, &["C01", "C42"]),
    (Fault::ClaimsAtomic, &["C40"]),
    (Fault::ConfirmsTooEarly, &["C04", "C35"]),
    (Fault::CountsHandBacks, &["C28"]),
    (Fault::DeadLettersTwice, &["C15"]),
    (Fault::DrawsWithoutLimit, &["C25"]),
    (Fault::DropsById, &["C36"]),
    (Fault::DropsTheOldest, &["C25"]),
    (Fault::DurableOfOneProcess, &["C05", "C08"]),
    (Fault::ForgetsDelayed, &["C39"]),
    (Fault::ForgetsFirstErrors, &["C15"]),
    (Fault::ForgetsFormerNames, &["C48"]),
    (Fault::GroupsShare, &["C06"]),
    (Fault::HandlersWaitForRoom, &["C45"]),
    (Fault::HearsEveryType, &["C03"]),
    (Fault::HoldsUp, &["C14", "C23"]),
    (Fault::IgnoresAddresses, &["C37", "C38"]),
    (Fault::IgnoresTheDelay, &["C13"]),
    (Fault::IsLate, &["C13", "C39"]),
    (Fault::LeaksOrder, &["C10", "C11"]),
    (Fault::LosesAnAck, &["C29"]),
    (Fault::LosesDeadLetters, &["C16", "C17", "C19", "C46"]),
    (Fault::NeverMissed, &["C57"]),
    (Fault::NeverRecognises, &["C36", "C47", "C52", "C55"]),
    (Fault::OneAttemptTooMany, &["C15"]),
    (Fault::OneLane, &["C10"]),
    (Fault::OneNamespace, &["C51"]),
    (Fault::OneResultABatch, &["C40"]),
    (Fault::OrderWithinProcess, &["C11"]),
    (Fault::ReadyTooEarly, &["C32"]),
    (Fault::ReplaysToEveryone, &["C19"]),
    (Fault::ShortLeases, &["C21"]),
    (Fault::SilentAfterReconnect, &["C31", "C33", "C58"]),
    (Fault::SilentAfterSilence, &["C34"]),
    (Fault::SkipsUnreadable, &["C56"]),
    (Fault::StartsNow, &["C09", "C50"]),
    (Fault::StaysOpen, &["C30"]),
    (Fault::StoresTwice, &["C02", "C04", "C05", "C53"]),
    (Fault::TellsNoDrift, &["C43"]),
    (Fault::TooLargeIsNoAnswer, &["C41"]),
    (Fault::TopicsLeak, &["C02"]),
];
