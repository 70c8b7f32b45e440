import ArgumentParser
import FrameFuzz
import Glibc

struct JunkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "junk",
        abstract: "Open TCP connections to a coordinator's port and send what is no ZeroMQ, or nearly."
    )

    @Option(help: "The port on loopback.")
    var port: UInt16

    @Option(help: "How many connections, one after the other.")
    var connections = 1_000

    @Option(help: "The same sends the same bytes (default: any).")
    var seed: UInt64?

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        let seed = self.seed ?? .random(in: .min ... .max)
        Report.line("seed \(seed)")
        var generator = SplitMix64(state: seed)
        var refused = 0
        for _ in 0..<self.connections where !self.send(Self.junk(using: &generator)) { refused += 1 }
        Report.line("\(self.connections) connections, \(refused) refused")
        guard refused == 0 else { throw ExitCode.failure }
    }

    /// Noise, on half the connections after a greeting that is right, with a mutated handshake.
    private static func junk(using generator: inout SplitMix64) -> [UInt8] {
        var bytes: [UInt8] = []
        if Bool.random(using: &generator) {
            let mechanism = Array((Bool.random(using: &generator) ? "NULL" : "CURVE").utf8)
            bytes = [0xFF] + Array(repeating: 0, count: 8) + [0x7F, 3, UInt8.random(in: 0...1, using: &generator)]
            bytes += mechanism + Array(repeating: 0, count: 20 - mechanism.count) + Array(repeating: 0, count: 32)
            bytes += [4, 25, 5] + Array("READY".utf8) + [11] + Array("Socket-Type".utf8) + [0, 0, 0, 6]
            bytes += Array("DEALER".utf8)
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let position = Int.random(in: bytes.indices, using: &generator)
                bytes[position] = UInt8.random(in: .min ... .max, using: &generator)
            }
        }
        for _ in 0..<Int.random(in: 0...2_000, using: &generator) {
            bytes.append(UInt8.random(in: .min ... .max, using: &generator))
        }
        return bytes
    }

    /// Whether there was somebody to send it to.
    private func send(_ bytes: [UInt8]) -> Bool {
        let descriptor = LoopbackConnection.open(port: self.port)
        guard descriptor >= 0 else { return false }
        // It may hang up in the middle, and is right to.
        _ = write(descriptor, bytes, bytes.count)
        close(descriptor)
        return true
    }
}
