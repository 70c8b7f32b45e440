import Testing

@testable import Scheduling

@Suite struct OutageTests {
    @Test func `it tells people at once, then every minute`() {
        var outage = Outage(since: .at(10))
        #expect(outage.tick(now: .at(10)) == [.alert(lasting: .zero), .attempt])
        #expect(outage.tick(now: .at(69.9)) == [])
        #expect(outage.tick(now: .at(70)) == [.alert(lasting: .seconds(60))])
        #expect(outage.tick(now: .at(129)) == [])
        #expect(outage.tick(now: .at(131)) == [.alert(lasting: .seconds(121))])
    }

    @Test func `one attempt at a time, with growing waits up to five seconds`() {
        var outage = Outage(since: .at(0))
        #expect(outage.tick(now: .at(0)) == [.alert(lasting: .zero), .attempt])
        #expect(outage.tick(now: .at(30)) == [])
        var now = 30.0
        for wait in [0.5, 1, 2, 4, 5, 5, 5] {
            outage.attemptFailed(now: .at(now), jitter: 1)
            #expect(outage.tick(now: .at(now + wait - 0.1)).contains(.attempt) == false)
            now += wait
            #expect(outage.tick(now: .at(now)).contains(.attempt))
        }
    }

    @Test func `jitter halves a wait at most`() {
        var outage = Outage(since: .at(0))
        _ = outage.tick(now: .at(0))
        outage.attemptFailed(now: .at(1), jitter: 0)
        #expect(outage.tick(now: .at(1.2)) == [])
        #expect(outage.tick(now: .at(1.25)) == [.attempt])
    }

    @Test func `years of failures overflow nothing`() {
        var outage = Outage(since: .at(0))
        for second in 0..<5000 {
            _ = outage.tick(now: .at(Double(second) * 10))
            outage.attemptFailed(now: .at(Double(second) * 10), jitter: 0.5)
        }
        #expect(outage.tick(now: .at(60_000)).contains(.attempt))
    }
}
