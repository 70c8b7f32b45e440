import Foundation
import Glibc

/// A child running this program with other arguments.
final class ChildProcess: Sendable {
    private let process = Process()
    private let exit: Task<Int32, Never>

    /// Starts it.
    ///
    /// - Parameters:
    ///   - arguments: Of this program.
    ///   - input: Its standard input; nil for none.
    ///   - output: Who takes what it writes to its standard error.
    /// - Throws: What keeps it from starting.
    init(arguments: [String], input: FileHandle? = nil, output: ChildOutput) throws {
        self.process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        self.process.arguments = arguments
        // Local pools talk over loopback without keys, also where this shell is set up for a remote coordinator.
        var environment = ProcessInfo.processInfo.environment
        for name in ["GODWIT_KEY_FILE", "GODWIT_COORDINATOR_KEY_FILE"] { environment[name] = nil }
        self.process.environment = environment
        let pipe = Pipe()
        self.process.standardError = pipe
        self.process.standardInput = input ?? FileHandle.nullDevice
        output.read(pipe.fileHandleForReading)
        let (ends, end) = AsyncStream<Int32>.makeStream()
        self.process.terminationHandler = { process in
            end.yield(process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus)
            end.finish()
        }
        self.exit = Task {
            for await status in ends { return status }
            return -1
        }
        try self.process.run()
    }

    /// Its process id.
    var pid: Int32 { self.process.processIdentifier }

    /// Sends a signal.
    func signal(_ number: Int32) {
        if self.process.isRunning { kill(self.process.processIdentifier, number) }
    }

    /// Waits for the end; 128 + n for a process killed by signal n.
    func exitStatus() async -> Int32 {
        await self.exit.value
    }
}
