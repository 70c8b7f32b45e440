import Testing

@testable import Coordinator

@Suite struct TurnPartsTests {
    @Test func `a long turn is told by its parts, the longest first`() {
        let start = ContinuousClock.now
        var turn = TurnParts(now: start)
        turn.spent(on: "messages", now: start + .milliseconds(20))
        turn.spent(on: "send", now: start + .milliseconds(21))
        turn.spent(on: "entities", now: start + .microseconds(21_500))
        turn.spent(on: "grants", now: start + .milliseconds(111))
        turn.spent(on: "send", now: start + .milliseconds(115))
        #expect(turn.text == "grants 89 ms, messages 20 ms, send 5 ms")
        #expect(turn.time(now: start + .milliseconds(115)) == .milliseconds(115))
    }

    @Test func `a turn of nothing says nothing`() {
        let start = ContinuousClock.now
        var turn = TurnParts(now: start)
        turn.spent(on: "messages", now: start + .microseconds(999))
        #expect(turn.text.isEmpty)
    }
}
