import Foundation

/// The pipe that holds children back until they may begin: each takes one byte from it.
///
/// Whatever becomes of this process, the pipe closes with it, so that no child waits for ever.
final class Starter: Sendable {
    private let pipe = Pipe()

    /// What children get as their standard input.
    ///
    /// It stays open here too: a byte that nobody is left to read would else end this process by SIGPIPE.
    var input: FileHandle { self.pipe.fileHandleForReading }

    /// Lets so many children begin.
    func begin(_ count: Int) {
        // Fails where it is closed: they are to leave.
        try? self.pipe.fileHandleForWriting.write(contentsOf: Data(repeating: 0x0a, count: count))
    }

    /// Has the children leave that may not begin yet.
    func close() {
        // Closed already: nothing to do.
        try? self.pipe.fileHandleForWriting.close()
    }

    /// Waits in a child for the word of the process that started it.
    ///
    /// - Returns: False where that one has gone, or wants the child to leave.
    static func mayBegin() async -> Bool {
        await withCheckedContinuation { continuation in
            // A blocking call; its thread ends with the process where the word never comes.
            Thread.detachNewThread {
                let word = try? FileHandle.standardInput.read(upToCount: 1)
                continuation.resume(returning: word?.isEmpty == false)
            }
        }
    }
}
