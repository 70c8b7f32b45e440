package import Scheduling

/// The timers of a worker as they travel, in seconds.
package struct Timers: Codable, Equatable, Sendable {
    package var pingSeconds: Double
    package var leaseSeconds: Double
    package var renewSeconds: Double
    package var selfFenceSeconds: Double
    package var silenceSeconds: Double

    package init(_ timers: WorkerTimers) {
        self.pingSeconds = timers.ping / .seconds(1)
        self.leaseSeconds = timers.lease / .seconds(1)
        self.renewSeconds = timers.renew / .seconds(1)
        self.selfFenceSeconds = timers.selfFence / .seconds(1)
        self.silenceSeconds = timers.silence / .seconds(1)
    }

    /// The same as the machines know them.
    package var workerTimers: WorkerTimers {
        WorkerTimers(
            ping: .seconds(self.pingSeconds),
            lease: .seconds(self.leaseSeconds),
            renew: .seconds(self.renewSeconds),
            selfFence: .seconds(self.selfFenceSeconds),
            silence: .seconds(self.silenceSeconds)
        )
    }
}
