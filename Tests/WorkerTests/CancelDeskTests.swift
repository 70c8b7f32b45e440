import Dispatch
import Synchronization
import Testing

@testable import Worker

@Suite struct CancelDeskTests {
    @Test(.timeLimit(.minutes(1)))
    func `a server that does not answer holds nobody up`() async {
        let desk = CancelDesk()
        let slow = SlotControl()
        let answer = DispatchSemaphore(value: 0)
        let (reached, reach) = AsyncStream.makeStream(of: Void.self)
        slow.watch([
            {
                reach.yield()
                answer.wait()
            }
        ])
        await withDiscardingTaskGroup { group in
            group.addTask { await desk.work() }
            desk.cancel(slow)
            #expect(slow.isCancelled)
            for await _ in reached { break }
            // The first one hangs in its connection; the second is marked at once all the same.
            let other = SlotControl()
            desk.cancel(other)
            #expect(other.isCancelled)
            answer.signal()
            group.cancelAll()
        }
    }

    @Test func `statements of the next attempt are left alone`() {
        let control = SlotControl()
        let cancelled = Mutex(0)
        control.watch([{ cancelled.withLock { $0 += 1 } }])
        control.stop()
        control.cancelStatements()
        #expect(cancelled.withLock { $0 } == 1)
        control.begin()
        control.cancelStatements()
        #expect(cancelled.withLock { $0 } == 1)
    }
}
