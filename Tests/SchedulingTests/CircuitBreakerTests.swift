import Testing

@testable import Scheduling

@Suite struct CircuitBreakerTests {
    private var breaker = CircuitBreaker(limit: 0.05, minimumRows: 1000)

    private mutating func rate(_ entity: EntityName = "a", migrated: Int, rejected: Int, failed: Int = 0) -> Double? {
        self.breaker.judge(entity, migrated: migrated, rejected: rejected, failed: failed)?.rate
    }

    @Test mutating func `nothing is concluded from few rows, or from a tolerated rate`() {
        #expect(self.rate(migrated: 0, rejected: 999) == nil)
        #expect(self.rate(migrated: 950, rejected: 50) == nil)
        #expect(self.rate(migrated: 949, rejected: 51) == 0.051)
    }

    @Test mutating func `rows of failed shards count as well`() {
        #expect(self.rate(migrated: 900, rejected: 10, failed: 90) == 0.1)
    }

    @Test mutating func `a rate that was accepted trips again when it has doubled, and of that entity only`() {
        #expect(self.rate(migrated: 900, rejected: 100) == 0.1)
        #expect(self.rate(migrated: 900, rejected: 100) == nil)
        #expect(self.rate("b", migrated: 900, rejected: 100) == 0.1)
        #expect(self.rate(migrated: 1600, rejected: 400) == nil)
        #expect(self.rate(migrated: 1500, rejected: 500) == 0.25)
        #expect(self.rate(migrated: 0, rejected: 2000) == 1)
        #expect(self.rate(migrated: 0, rejected: 4000) == nil)
    }

    @Test func `what was accepted before a restart is accepted after it`() {
        var breaker = CircuitBreaker(limit: 0.05, minimumRows: 1000, accepted: ["a": 0.1, "b": 0.01])
        #expect(breaker.judge("a", migrated: 900, rejected: 100, failed: 0) == nil)
        #expect(breaker.judge("b", migrated: 950, rejected: 50, failed: 0) == nil)
        #expect(breaker.judge("b", migrated: 940, rejected: 60, failed: 0) != nil)
    }

    @Test mutating func `the reason says entity, rate, limit and what to do`() throws {
        let judged = self.breaker.judge("orders", migrated: 900, rejected: 60, failed: 40)
        let trip = try #require(judged)
        #expect(
            trip.reason == """
                the circuit breaker tripped: 10.0 % of the rows of orders fail, more than 5.0 % (60 of 1000 rows rejected, \
                40 in failed shards); `godwit rejects ls --entity orders` and `godwit shards --failed` show why, `godwit \
                resume` accepts the rate
                """
        )
    }
}
