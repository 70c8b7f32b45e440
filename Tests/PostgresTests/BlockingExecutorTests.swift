import Dispatch
import Postgres
import Testing

/// Waits for its peers in a way that holds its thread.
private actor Waiter {
    private let executor: BlockingExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    init(_ number: Int) {
        self.executor = BlockingExecutor(label: "waiter \(number)")
    }

    func meet(at group: DispatchGroup) -> Bool {
        self.assertIsolated()
        group.leave()
        return group.wait(timeout: .now() + 60) == .success
    }
}

@Suite struct BlockingExecutorTests {
    @Test func `more actors can block than there are cores`() async {
        let meeting = DispatchGroup()
        let waiters = (0..<64).map(Waiter.init)
        for _ in waiters { meeting.enter() }
        let met = await withTaskGroup { group in
            for waiter in waiters { group.addTask { await waiter.meet(at: meeting) } }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(met == waiters.count)
    }
}
