/// The timers of a worker, as the coordinator states them on WELCOME.
package struct WorkerTimers: Sendable, Equatable {
    /// Between two pings.
    package var ping: Duration
    /// How long a lease lasts without renewal, on the target's clock.
    package var lease: Duration
    /// Between two renewals.
    package var renew: Duration
    /// Age of the last good renewal, on the worker's own clock, at which it stops by itself.
    ///
    /// Must stay below `lease` by more than a renewal's round trip, or a zombie works on (the fence still holds it off).
    package var selfFence: Duration
    /// Silence of the coordinator after which the worker looks for it anew.
    package var silence: Duration

    package init(
        ping: Duration = .seconds(2),
        lease: Duration = .seconds(30),
        renew: Duration = .seconds(10),
        selfFence: Duration = .seconds(24),
        silence: Duration = .seconds(6)
    ) {
        self.ping = ping
        self.lease = lease
        self.renew = renew
        self.selfFence = selfFence
        self.silence = silence
    }

    /// The same proportions around another lease, never slower than the standard timers.
    package init(scaledTo lease: Duration) {
        let standard = Self()
        self.init(
            ping: min(standard.ping, lease / 15),
            lease: lease,
            renew: min(standard.renew, lease / 3),
            selfFence: lease * 0.8,
            silence: min(standard.silence, lease / 5)
        )
    }
}
