import Scheduling
import Testing

@testable import Coordinator

@Suite struct TickScheduleTests {
    private let start = ContinuousClock.now

    @Test func `pieces of work do not fall due together`() {
        var schedule = TickSchedule(now: self.start)
        var most = 0
        for tick in 0..<100 {
            let now = self.start + .milliseconds(100 * tick)
            var due: [TickSchedule.Work] = []
            while let work = schedule.next(now: now) { due.append(work) }
            // What is written down of the workers comes three times a second, so beside anything.
            most = max(most, due.count { $0 != .workers && $0 != .snapshot })
        }
        #expect(most == 1)
    }

    @Test func `everything is done as often as its interval says`() {
        var schedule = TickSchedule(now: self.start)
        var counts: [TickSchedule.Work: Int] = [:]
        for tick in 1...1_000 {
            let now = self.start + .milliseconds(10 * tick)
            while let work = schedule.next(now: now) { counts[work, default: 0] += 1 }
        }
        for work in TickSchedule.Work.allCases {
            let expected = Duration.seconds(10) / work.interval
            #expect(abs(Double(counts[work] ?? 0) - expected) <= 1, "\(work)")
        }
    }

    @Test func `a loop that comes late does each work once, the longest due first`() {
        var schedule = TickSchedule(now: self.start)
        let now = self.start + .seconds(60)
        var done: [TickSchedule.Work] = []
        while let work = schedule.next(now: now) { done.append(work) }
        #expect(Set(done) == Set(TickSchedule.Work.allCases))
        #expect(done.count == TickSchedule.Work.allCases.count)
        #expect(done.first == .load)
        #expect(done.last == .snapshot)
        #expect(!schedule.isDue(now: now))
    }

    @Test func `hurried work is due at once, and delayed work not before its time`() {
        var schedule = TickSchedule(now: self.start)
        #expect(schedule.next(now: self.start) == .load)
        #expect(schedule.next(now: self.start) == nil)
        schedule.hurry(.snapshot, now: self.start)
        #expect(schedule.next(now: self.start) == .snapshot)
        schedule.delay(.keys, by: .seconds(30), now: self.start)
        var done: [TickSchedule.Work] = []
        while let work = schedule.next(now: self.start + .seconds(29)) { done.append(work) }
        #expect(!done.contains(.keys))
        done.removeAll()
        while let work = schedule.next(now: self.start + .seconds(30)) { done.append(work) }
        #expect(done.contains(.keys))
    }
}
