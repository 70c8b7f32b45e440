import ControlStore
import Logging
import Observability

/// How long the loop is busy with one event: pings wait meanwhile.
extension RunLeader {
    /// Remembers how long a turn took, and says of what a long one was made.
    func noteTurn(_ event: CoordinatorEvent) {
        let now = ContinuousClock.now
        self.turn.spent(on: "send", now: now)
        let busy = self.turn.time(now: now)
        self.lastTurn = now
        self.figures.longestTurn = max(self.figures.longestTurn, busy)
        guard busy > Self.longTurn else { return }
        self.logger.debug(
            "the loop was busy for long",
            metadata: .of([
                .durationMilliseconds: Int(busy / .milliseconds(1)), .reason: event.name, .parts: self.turn.text,
            ])
        )
    }

    /// Below it nobody notices (safe up to half a ping's interval).
    private static let longTurn = Duration.milliseconds(100)

    /// Silence of the loop after which it asks whether it still leads: well below that of a standby's patience.
    private static let stop = Duration.seconds(5)

    /// A process that was stopped may have been deposed: it must not send a message before it knows.
    func confirmAfterStop() async throws {
        let now = ContinuousClock.now
        let pause = now - self.lastTurn
        self.turn = TurnParts(now: now)
        guard pause > Self.stop, self.targetOutage == nil, self.end == nil else { return }
        self.logger.warning(
            "the coordinator stood still; asking whether it still leads",
            metadata: .of([.durationMilliseconds: Int(pause / .milliseconds(1))])
        )
        try await self.store.confirmLeadership()
        self.turn.spent(on: "leadership")
    }
}
