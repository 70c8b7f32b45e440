import ControlStore
import Testing

@testable import Coordinator

@Suite struct RunPauseTests {
    @Test func `a coordinator leaves for its own pause while the run stays paused`() {
        var pause = RunPause()
        pause.begin(.circuitBreaker, "the circuit breaker tripped")
        pause.follow(.paused, .circuitBreaker, reason: "the circuit breaker tripped")
        #expect(pause.ownCause == .circuitBreaker)
        #expect(pause.reason == "the circuit breaker tripped")
    }

    @Test func `a coordinator whose pause was lifted stays`() {
        var pause = RunPause()
        pause.begin(.circuitBreaker, "the circuit breaker tripped")
        pause.follow(.running, nil, reason: nil)
        #expect(pause.reason == nil)
        #expect(pause.ownCause == nil)
    }

    @Test func `a coordinator stays while an operator pauses the run`() {
        var pause = RunPause()
        pause.follow(.paused, nil, reason: nil)
        #expect(pause.reason == "paused by an operator")
        #expect(pause.ownCause == nil)
        pause.begin(.errorStrategy, "shard s3 failed")
        pause.follow(.running, nil, reason: nil)
        pause.follow(.paused, .byOperator, reason: "the source is busy")
        #expect(pause.ownCause == nil)
    }

    @Test func `a coordinator stays where its own pause was lifted and an operator pauses before it looks`() {
        var pause = RunPause()
        pause.begin(.circuitBreaker, "the circuit breaker tripped")
        pause.follow(.paused, .byOperator, reason: "lunch")
        #expect(pause.ownCause == nil)
        #expect(pause.reason == "lunch")
    }
}
