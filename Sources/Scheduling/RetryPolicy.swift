/// Decides what becomes of a shard after a failed attempt.
package struct RetryPolicy: Sendable, Equatable {
    /// Attempts of a shard that fail on its own rows before it counts as failed, at least 1.
    package var attempts: Int
    /// Wait before the second attempt; doubles with every further one, up to `maximumDelay` or itself.
    package var delay: Duration
    /// Longer waits than a minute only keep an operator waiting; shorter than 5 s hammer a failing server.
    package static let maximumDelay = Duration.seconds(60)

    package init(attempts: Int, delay: Duration) {
        self.attempts = max(1, attempts)
        self.delay = delay
    }

    /// - Parameters:
    ///   - failure: What ended the attempt.
    ///   - countedAttempts: Attempts that failed on the shard's own account, this one included.
    ///   - streak: Failures in a row that used up no attempt, this one included; at least 1.
    ///   - jitter: 0...1, spreads the retries of many shards.
    ///   - isDivisible: Whether the shard can be cut in two.
    ///   - isTask: Whether it moves no rows: it fails on those that are there, and would again; and what it found of
    ///     the schema concerns no other shard.
    /// - Returns: What becomes of the shard.
    package func decision(
        after failure: FailureClass,
        countedAttempts: Int,
        streak: Int,
        jitter: Double,
        isDivisible: Bool = false,
        isTask: Bool = false
    ) -> Decision {
        switch failure {
        case .rows where isTask, .schema where isTask:
            return .fail
        case .cancelled, .leaseLost:
            return .retry(after: .zero, countsAsAttempt: false)
        case .surroundings:
            return .retry(after: self.backoff(streak, jitter), countsAsAttempt: false)
        case .snapshotLost:
            return .renewSnapshot
        case .schema:
            return .stopRun
        case .rows, .fault:
            guard countedAttempts < self.attempts else { return isDivisible ? .split : .fail }
            return .retry(after: self.backoff(countedAttempts, jitter), countsAsAttempt: true)
        }
    }

    private func backoff(_ step: Int, _ jitter: Double) -> Duration {
        let cap = max(self.delay, Self.maximumDelay)
        var full = self.delay
        var doublings = step - 1
        while doublings > 0, full > .zero, full < cap {
            full = min(full * 2, cap)
            doublings -= 1
        }
        return full * (0.5 + 0.5 * min(max(jitter, 0), 1))
    }
}

extension RetryPolicy {
    /// What becomes of a shard.
    package enum Decision: Sendable, Equatable {
        case retry(after: Duration, countsAsAttempt: Bool)
        /// The shard is failed; only an operator brings it back.
        case fail
        /// Its halves take its place, each with one attempt left, so that what fails ends up in the smallest range.
        case split
        /// Tried again once the run has a new snapshot.
        case renewSnapshot
        /// The run stops and says why.
        case stopRun
    }
}
