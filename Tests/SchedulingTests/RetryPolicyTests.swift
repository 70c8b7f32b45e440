import Testing

@testable import Scheduling

@Suite struct RetryPolicyTests {
    private let policy = RetryPolicy(attempts: 3, delay: .seconds(2))

    private func decision(_ failure: FailureClass, counted: Int = 1, streak: Int = 1) -> RetryPolicy.Decision {
        self.policy.decision(after: failure, countedAttempts: counted, streak: streak, jitter: 1)
    }

    @Test(arguments: [FailureClass.rows, .fault])
    func `failures of the shard's own use up its attempts`(_ failure: FailureClass) {
        #expect(self.decision(failure, counted: 1) == .retry(after: .seconds(2), countsAsAttempt: true))
        #expect(self.decision(failure, counted: 2) == .retry(after: .seconds(4), countsAsAttempt: true))
        #expect(self.decision(failure, counted: 3) == .fail)
        #expect(self.decision(failure, counted: 4) == .fail)
    }

    @Test func `surroundings are waited for, longer each time and for ever`() {
        #expect(self.decision(.surroundings, counted: 9) == .retry(after: .seconds(2), countsAsAttempt: false))
        #expect(self.decision(.surroundings, streak: 5) == .retry(after: .seconds(32), countsAsAttempt: false))
        #expect(self.decision(.surroundings, streak: 6) == .retry(after: .seconds(60), countsAsAttempt: false))
        #expect(self.decision(.surroundings, streak: .max) == .retry(after: .seconds(60), countsAsAttempt: false))
    }

    @Test func `the rest is not the shard's to wait for`() {
        #expect(self.decision(.cancelled, counted: 9) == .retry(after: .zero, countsAsAttempt: false))
        #expect(self.decision(.leaseLost, counted: 9) == .retry(after: .zero, countsAsAttempt: false))
        #expect(self.decision(.snapshotLost, counted: 9) == .renewSnapshot)
        #expect(self.decision(.schema) == .stopRun)
    }

    @Test func `a task fails at once on rows and on the schema, and concerns no other shard`() {
        for failure in [FailureClass.rows, .schema] {
            let decision = self.policy.decision(after: failure, countedAttempts: 1, streak: 1, jitter: 1, isTask: true)
            #expect(decision == .fail)
        }
        let decision = self.policy.decision(after: .fault, countedAttempts: 1, streak: 1, jitter: 1, isTask: true)
        #expect(decision == .retry(after: .seconds(2), countsAsAttempt: true))
    }

    @Test func `jitter takes away half at most`() {
        for (jitter, seconds) in [(-1.0, 1.0), (0, 1), (0.5, 1.5), (1, 2), (7, 2)] {
            let decision = self.policy.decision(after: .rows, countedAttempts: 1, streak: 1, jitter: jitter)
            #expect(decision == .retry(after: .seconds(seconds), countsAsAttempt: true))
        }
    }

    @Test func `a plan's own delay is honoured however long, and none is none`() {
        for delay in [Duration.zero, .seconds(300), .seconds(1 << 40)] {
            let policy = RetryPolicy(attempts: 0, delay: delay)
            #expect(policy.attempts == 1)
            let decision = policy.decision(after: .surroundings, countedAttempts: 1, streak: 60, jitter: 1)
            #expect(decision == .retry(after: delay, countsAsAttempt: false))
        }
    }
}
