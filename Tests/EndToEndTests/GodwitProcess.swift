import Foundation
import Glibc

/// A running `godwit`, the binary that was built with the tests.
final class GodwitProcess: Sendable {
    private let process = Process()
    private let exit: Task<Int32, Never>
    private let logFile: URL

    /// A test that waits longer for one process hangs; the process is killed then, so that its log can be shown.
    private static let patience = Duration.seconds(120)

    init(_ arguments: [String], environment: [String: String], log: URL) throws {
        self.logFile = log
        self.process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent("godwit")
        self.process.arguments = arguments
        self.process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, ours in ours }
        try Data().write(to: log)
        let output = try FileHandle(forWritingTo: log)
        self.process.standardOutput = output
        self.process.standardError = output
        self.process.standardInput = FileHandle.nullDevice
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

    /// Everything it has printed.
    var log: String {
        (try? String(contentsOf: self.logFile, encoding: .utf8)) ?? "no log at \(self.logFile.path)"
    }

    /// Waits until it has said something.
    func waitForLog(_ text: String) async throws {
        let deadline = ContinuousClock.now + Self.patience
        while !self.log.contains(text) {
            guard self.isRunning, ContinuousClock.now < deadline else { throw Silence(text: text, log: self.log) }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    struct Silence: Error {
        var text: String
        var log: String
    }

    var isRunning: Bool { self.process.isRunning }

    var identifier: Int32 { self.process.processIdentifier }

    /// Sends a signal.
    func signal(_ number: Int32) {
        if self.process.isRunning { Glibc.kill(self.process.processIdentifier, number) }
    }

    /// Kills it as a crash would, and waits until it is gone.
    func kill() async {
        self.signal(SIGKILL)
        _ = await self.exit.value
    }

    /// Waits for the end; 128 + n for a process killed by signal n.
    func exitStatus() async -> Int32 {
        let watchdog = Task {
            try await Task.sleep(for: Self.patience)
            self.signal(SIGKILL)
        }
        defer { watchdog.cancel() }
        return await self.exit.value
    }
}
