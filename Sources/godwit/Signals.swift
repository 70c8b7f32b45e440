import Dispatch
import Glibc

/// Delivers signals to a closure instead of ending the process.
final class Signals {
    private let sources: [any DispatchSourceSignal]

    /// - Parameters:
    ///   - numbers: TERM, INT and HUP, and QUIT, which a process that leaves at once takes by `Signals.leaveAtOnce`.
    ///   - handler: What the signal's number asks for.
    init(
        _ numbers: [Int32] = [SIGTERM, SIGINT, SIGHUP, SIGQUIT],
        handler: @escaping @Sendable (_ signal: Int32) -> Void
    ) {
        self.sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { handler(number) }
            source.activate()
            return source
        }
    }

    /// Ends the process as QUIT does, without a core dump: nothing is rolled back or said, the servers notice the loss
    /// of their sessions.
    static func leaveAtOnce() -> Never {
        _exit(128 + SIGQUIT)
    }
}
