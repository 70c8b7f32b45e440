import Postgres

/// Sends cancellations, which block for a round trip, on a thread of its own.
actor CancelDesk {
    private nonisolated let executor = BlockingExecutor(label: "godwit.cancel")

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    func cancel(_ control: SlotControl) {
        control.cancel()
    }
}
