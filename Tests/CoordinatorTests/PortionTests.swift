import Testing

@testable import Coordinator

@Suite struct PortionTests {
    @Test func `what takes too long is done in smaller portions, down to a bound`() {
        var portion = Portion(most: 200)
        portion.took(.milliseconds(90), for: 200)
        #expect(portion.size == 100)
        portion.took(.milliseconds(30), for: 100)
        #expect(portion.size == 100)
        // Few that took long are no reason to take on more than they were.
        portion.took(.milliseconds(90), for: 60)
        #expect(portion.size == 30)
        for _ in 0..<5 { portion.took(.seconds(1), for: portion.size) }
        #expect(portion.size == 25)
    }

    @Test func `full portions that take no time grow back, and no others`() {
        var portion = Portion(most: 200)
        portion.took(.milliseconds(90), for: 120)
        #expect(portion.size == 60)
        portion.took(.milliseconds(1), for: 59)
        #expect(portion.size == 60)
        portion.took(.milliseconds(5), for: 60)
        #expect(portion.size == 120)
        portion.took(.milliseconds(5), for: 120)
        portion.took(.milliseconds(5), for: 200)
        #expect(portion.size == 200)
    }
}
