import Glibc

/// A DEALER without keys as bytes on a TCP connection, for pools of thousands on one thread.
///
/// Two thousand sockets of libzmq take a hundred threads and more CPU than the coordinator that is measured.
/// https://rfc.zeromq.org/spec/23/
struct PlainDealer: ~Copyable {
    let descriptor: Int32
    /// What has come and is no whole frame yet.
    private var input: [UInt8] = []
    private var parts: [[UInt8]] = []
    private var isGreeted = false
    private var isReady = false

    /// Shakes hands; nil where nobody listens.
    ///
    /// A message that comes before the peer has said READY is an error to libzmq.
    init?(port: UInt16) {
        self.descriptor = LoopbackConnection.open(port: port)
        guard self.descriptor >= 0 else { return nil }
        var on: Int32 = 1
        setsockopt(self.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        self.write(Self.handshake)
        while !self.isReady {
            guard self.receive(flags: 0, { _ in }) else { return nil }
        }
    }

    deinit { close(self.descriptor) }

    /// Sends what `bytes(of:)` has made.
    func write(_ bytes: [UInt8]) {
        // The socket's buffer has room for hundreds; a coordinator that reads nothing for so long has other troubles.
        _ = Glibc.send(self.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// A message as it goes over the wire.
    static func bytes(of frames: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (place, frame) in frames.enumerated() {
            let more: UInt8 = place < frames.count - 1 ? 1 : 0
            if frame.count < 256 {
                bytes += [more, UInt8(frame.count)]
            } else {
                bytes.append(more | 2)
                withUnsafeBytes(of: UInt64(frame.count).bigEndian) { bytes += $0 }
            }
            bytes += frame
        }
        return bytes
    }

    /// What has come; false when the peer has hung up.
    mutating func receive(flags: Int32 = Int32(MSG_DONTWAIT), _ message: ([[UInt8]]) -> Void) -> Bool {
        let count = withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { buffer in
            let count = recv(self.descriptor, buffer.baseAddress, buffer.count, flags)
            if count > 0 { self.input += buffer[0..<count] }
            return count
        }
        guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
        var start = 0
        if !self.isGreeted {
            guard self.input.count >= Self.greetingBytes else { return true }
            self.isGreeted = true
            start = Self.greetingBytes
        }
        while let (flags, body) = self.frame(from: start) {
            start = body.upperBound
            let bytes = Array(self.input[body])
            if flags & 4 != 0 {
                self.obey(bytes)
            } else {
                self.parts.append(bytes)
                guard flags & 1 == 0 else { continue }
                message(self.parts)
                self.parts.removeAll(keepingCapacity: true)
            }
        }
        self.input.removeFirst(start)
        return true
    }

    private func frame(from start: Int) -> (flags: UInt8, body: Range<Int>)? {
        guard self.input.count >= start + 2 else { return nil }
        let flags = self.input[start]
        var length = Int(self.input[start + 1])
        var begin = start + 2
        if flags & 2 != 0 {
            begin = start + 9
            guard self.input.count >= begin else { return nil }
            length = self.input[start + 1..<begin].reduce(0) { $0 << 8 | Int($1) }
        }
        guard self.input.count >= begin + length else { return nil }
        return (flags, begin..<begin + length)
    }

    /// Answers a heartbeat.
    private mutating func obey(_ command: [UInt8]) {
        if command.starts(with: [5] + Array("READY".utf8)) { self.isReady = true }
        let ping = [4] + Array("PING".utf8)
        guard command.starts(with: ping) else { return }
        let context = command.dropFirst(ping.count + 2)
        self.write([4, UInt8(5 + context.count), 4] + Array("PONG".utf8) + context)
    }

    private static let greetingBytes = 64

    private static let handshake: [UInt8] = {
        let greeting =
            [0xFF] + Array(repeating: 0, count: 8) + [0x7F, 3, 0] + Array("NULL".utf8)
            + Array(repeating: 0, count: 16 + 32)
        let ready =
            [5] + Array("READY".utf8) + [11] + Array("Socket-Type".utf8) + [0, 0, 0, 6] + Array("DEALER".utf8)
        return greeting + [4, UInt8(ready.count)] + ready
    }()
}
