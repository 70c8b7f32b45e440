import Glibc

extension ShardSlot {
    /// How long a cancellation that is on its way is waited for: a server that can't be reached cancels nothing.
    ///
    /// Below a second a slow server may cancel a statement of the next shard, which fails on its surroundings then and is
    /// tried again; above some seconds the slot only stands idle.
    private static let cancellationPatience = Duration.seconds(5)
    /// How often it is looked at, in microseconds.
    private static let cancellationStep: UInt32 = 1000

    /// Waits until no cancellation of the attempt before is under way: its sessions are this one's, too.
    ///
    /// A server has signalled the session when it closes the request's connection, and an idle session ignores that.
    /// https://www.postgresql.org/docs/15/libpq-cancel.html
    func outlastCancellation() {
        let end = ContinuousClock.now + Self.cancellationPatience
        while self.control.isSending, .now < end { usleep(Self.cancellationStep) }
    }
}
