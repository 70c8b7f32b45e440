import Dispatch
import Glibc

/// Delivers TERM, INT and HUP to a closure instead of ending the process.
final class Signals {
    private let sources: [any DispatchSourceSignal]

    init(_ numbers: [Int32] = [SIGTERM, SIGINT, SIGHUP], handler: @escaping @Sendable () -> Void) {
        self.sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler(handler: handler)
            source.activate()
            return source
        }
    }
}
