/// What the coordinator knows of a worker process.
package struct WorkerEntry: Sendable, Equatable {
    package var name: WorkerName
    package var incarnation: Incarnation
    package var slots: Int
    package var isDraining: Bool
    /// When an operator wants it to have left; nil while nobody does.
    package var drainBy: ContinuousClock.Instant?
    package var lastHeard: ContinuousClock.Instant
    /// Leases granted to it that it has not shown as held yet, with the number of pings that lacked them.
    var unseen: [LeaseID: Int] = [:]

    package init(name: WorkerName, incarnation: Incarnation, slots: Int, lastHeard: ContinuousClock.Instant) {
        self.name = name
        self.incarnation = incarnation
        self.slots = slots
        self.isDraining = false
        self.lastHeard = lastHeard
    }
}
