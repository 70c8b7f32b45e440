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

    @Test(.timeLimit(.minutes(1)))
    func `a cancellation is sent again until the attempt has ended`() async {
        let desk = CancelDesk()
        let control = SlotControl()
        let (reached, reach) = AsyncStream.makeStream(of: Void.self)
        control.watch([{ reach.yield() }])
        control.begin()
        #expect(!desk.cancelAgain(control), "nobody has told it to stop")
        await withDiscardingTaskGroup { group in
            group.addTask { await desk.work() }
            var sent = reached.makeAsyncIterator()
            desk.cancel(control)
            await sent.next()
            // It came before the statement did; the next one finds it.
            #expect(desk.cancelAgain(control))
            await sent.next()
            control.end()
            #expect(!desk.cancelAgain(control))
            control.begin()
            #expect(!desk.cancelAgain(control))
            group.cancelAll()
        }
    }

    @Test func `behind a server that takes its time no cancellations pile up`() {
        let desk = CancelDesk()
        let control = SlotControl()
        control.begin()
        // Nobody is at work at the desk yet.
        desk.cancel(control)
        #expect(!desk.cancelAgain(control))
        control.takeCancel()
        #expect(desk.cancelAgain(control))
    }

    @Test(.timeLimit(.minutes(1)))
    func `the next attempt knows of a cancellation that is still on its way`() async {
        let desk = CancelDesk()
        let control = SlotControl()
        let answer = DispatchSemaphore(value: 0)
        let (reached, reach) = AsyncStream.makeStream(of: Void.self)
        control.watch([
            {
                reach.yield()
                answer.wait()
            }
        ])
        control.begin()
        #expect(!control.isSending)
        await withDiscardingTaskGroup { group in
            group.addTask { await desk.work() }
            desk.cancel(control)
            for await _ in reached { break }
            control.end()
            control.begin()
            #expect(control.isSending)
            answer.signal()
            while control.isSending { await Task.yield() }
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
