import Foundation

/// Passes the children's log lines on, around the progress display where there is one.
final class ChildOutput: Sendable {
    private let lines: AsyncStream<String>.Continuation
    private let printing: Task<Void, Never>

    init(watch: ProgressWatch) {
        let (stream, continuation) = AsyncStream<String>.makeStream()
        self.lines = continuation
        self.printing = Task {
            for await line in stream { await watch.show(line) }
        }
    }

    /// Reads a child's standard error to its end, on a thread of its own.
    func read(_ handle: FileHandle) {
        let lines = self.lines
        Thread.detachNewThread {
            var rest = Data()
            while true {
                let data = handle.availableData
                if data.isEmpty { break }
                rest.append(data)
                while let end = rest.firstIndex(of: 0x0a) {
                    lines.yield(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
                    rest.removeSubrange(rest.startIndex...end)
                }
            }
            if !rest.isEmpty { lines.yield(String(decoding: rest, as: UTF8.self)) }
        }
    }

    func line(_ text: String) {
        self.lines.yield(text)
    }

    /// Prints what is left.
    func finish() async {
        self.lines.finish()
        await self.printing.value
    }
}
