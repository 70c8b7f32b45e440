import Postgres

/// Sends cancellations, which block for a connection to each server, on a thread of its own.
///
/// Nobody waits for them: a server that can't be reached holds up neither the pings nor the renewals of other slots.
final class CancelDesk: Sendable {
    private let requests: AsyncStream<SlotControl>
    private let mailbox: AsyncStream<SlotControl>.Continuation
    private let sender = Sender()

    init() {
        (self.requests, self.mailbox) = AsyncStream.makeStream()
    }

    /// Stops an attempt: no further batch begins from here on, and its statements are cancelled as soon as may be.
    func cancel(_ control: SlotControl) {
        control.stop()
        if control.queueCancel() { self.mailbox.yield(control) }
    }

    /// Cancels the statements of a stopped attempt once more: the first time may have fallen between its look at whether it
    /// was told to stop and a statement that takes an hour.
    ///
    /// - Returns: Whether there was anything to cancel.
    @discardableResult
    func cancelAgain(_ control: SlotControl) -> Bool {
        guard control.isStopping, control.queueCancel() else { return false }
        self.mailbox.yield(control)
        return true
    }

    /// Sends what is asked for until the task is cancelled.
    func work() async {
        for await control in self.requests { await self.sender.send(control) }
    }

    private actor Sender {
        private nonisolated let executor = BlockingExecutor(label: "godwit.cancel")

        nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

        func send(_ control: SlotControl) {
            control.takeCancel()
            control.cancelStatements()
        }
    }
}
