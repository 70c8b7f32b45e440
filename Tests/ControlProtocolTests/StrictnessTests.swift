import ControlProtocol
import Scheduling
import Testing

@Suite struct StrictnessTests {
    static let header = """
        {"type":"TYPE","worker":"host-1","incarnation":"00000000-0000-4000-8000-000000000003","seq":1}
        """
    static let lease = #""lease":"00000000-0000-4000-8000-000000000004","shard":1"#

    static func frames(_ type: String, _ body: String, header: String = header) -> [[UInt8]] {
        let header = header.split(separator: "TYPE", omittingEmptySubsequences: false).joined(separator: type)
        return [Array("GDW\u{1}".utf8), Array(header.utf8), Array(body.utf8)]
    }

    @Test func unknownFieldsAreIgnored() throws {
        let header = #"{"later":[1,{"a":null}],"# + Self.header.dropFirst()
        let frames = Self.frames("BYE", #"{"later":{"deep":[true]},"released":[]}"#, header: header)
        #expect(try FrameCodec.decodeWorkerMessage(frames).message == .bye(Bye(released: [])))
    }

    @Test func countersThatAreMissingAreZero() throws {
        let body = #"{"capacity":1,"state":"running","held":[],"counters":{"rowsRead":5}}"#
        var counters = WorkerCounters()
        counters.rowsRead = 5
        #expect(
            try FrameCodec.decodeWorkerMessage(Self.frames("PING", body)).message
                == .ping(Ping(capacity: 1, state: .running, held: [], counters: counters))
        )
    }

    @Test(arguments: [
        ("HELLO", #"{"protocols":{"minimum":1,"maximum":256},"build":"","host":"","pid":1,"slots":1,"held":[]}"#),
        ("PING", #"{"capacity":1e300,"state":"running","held":[],"counters":{}}"#),
        ("PING", #"{"capacity":9223372036854775808,"state":"running","held":[],"counters":{}}"#),
        ("PING", #"{"capacity":1.5,"state":"running","held":[],"counters":{}}"#),
        ("PING", #"{"capacity":1,"state":"sleeping","held":[],"counters":{}}"#),
        ("PING", #"{"capacity":1,"state":"running","held":{},"counters":{}}"#),
        ("BYE", #"{"released":["not a lease"]}"#),
        ("BYE", "[]"),
        ("BYE", "null"),
        ("BYE", ""),
        ("BYE", "{\"released\":[]}{"),
        ("BYE", "{\"released\":[\u{FF}]}"),
    ]) func whatIsNotTheMessageIsMalformed(type: String, body: String) {
        let error = #expect(throws: ProtocolError.self) {
            try FrameCodec.decodeWorkerMessage(Self.frames(type, body))
        }
        #expect(error?.code == .malformed)
    }

    @Test(arguments: [
        ("HELLO", #"{"protocols":{"minimum":1,"maximum":1},"build":"","host":"","pid":1,"slots":0,"held":[]}"#),
        ("HELLO", #"{"protocols":{"minimum":2,"maximum":1},"build":"","host":"","pid":1,"slots":1,"held":[]}"#),
        ("PING", #"{"capacity":-1,"state":"running","held":[],"counters":{}}"#),
        ("PING", #"{"capacity":1,"state":"running","held":[{\#(lease),"rows":-1,"bytes":0}],"counters":{}}"#),
        ("PING", #"{"capacity":1,"state":"running","held":[],"counters":{"lookupHits":-1}}"#),
        ("PING", #"{"capacity":1,"state":"running","held":[],"counters":{"readSeconds":-0.1}}"#),
        ("DONE", #"{\#(lease),"counts":{"source":1,"migrated":-1,"rejected":0,"filtered":0},"seconds":1}"#),
        // Sums over the pool and lengths of time would trap.
        ("PING", #"{"capacity":1,"state":"running","held":[],"counters":{"rowsRead":9223372036854775807}}"#),
        ("DONE", #"{\#(lease),"counts":{"source":1,"migrated":1,"rejected":0,"filtered":0},"seconds":1e300}"#),
        // PostgreSQL's text can't hold it.
        ("FAILED", #"{\#(lease),"errorClass":"rows","side":"source","message":"\u0000"}"#),
    ]) func valuesThatMakeNoSenseAreInvalid(type: String, body: String) {
        let error = #expect(throws: ProtocolError.self) {
            try FrameCodec.decodeWorkerMessage(Self.frames(type, body))
        }
        #expect(error?.code == .invalidValue)
    }

    @Test func aWorkersNameMayNotBreakALogLine() {
        let header = Self.header.split(separator: "host-1").joined(separator: #"host\n1"#)
        let error = #expect(throws: ProtocolError.self) {
            try FrameCodec.decodeWorkerMessage(Self.frames("BYE", #"{"released":[]}"#, header: header))
        }
        #expect(error?.code == .invalidValue)
    }

    @Test func deepAndLargeJSONIsRefusedBeforeItIsRead() {
        let deep = String(repeating: "[", count: 100_000)
        let long = String(repeating: " ", count: 512 * 1_024)
        let text = String(repeating: "x", count: 300)
        let hello = #"{"protocols":{"minimum":1,"maximum":1},"build":"\#(text)","host":"","pid":1,"slots":1,"held":[]}"#
        for (type, body) in [("BYE", deep), ("BYE", #"{"later":"# + deep), ("BYE", "{\(long)}"), ("HELLO", hello)] {
            let error = #expect(throws: ProtocolError.self) {
                try FrameCodec.decodeWorkerMessage(Self.frames(type, body))
            }
            #expect(error?.code == .overLimit)
        }
    }

    @Test func bracketsInsideStringsAreNotDepth() throws {
        let brackets = String(repeating: #"[{\""#, count: 100)
        let frames = Self.frames("BYE", #"{"later":"\#(brackets)","released":[]}"#)
        #expect(try FrameCodec.decodeWorkerMessage(frames).message == .bye(Bye(released: [])))
    }

    @Test func timersNoDurationCanHoldAreInvalid() {
        let timers = #"{"pingSeconds":2,"leaseSeconds":1e20,"renewSeconds":1,"selfFenceSeconds":1,"silenceSeconds":1}"#
        let body = #"{"protocolVersion":1,"timers":\#(timers),"run":"00000000-0000-4000-8000-000000000001"}"#
        let error = #expect(throws: ProtocolError.self) {
            try FrameCodec.decodeCoordinatorMessage(Self.frames("WELCOME", body))
        }
        #expect(error?.code == .invalidValue)
    }

    @Test func aRangeThatEndsBeforeItBeginsIsInvalid() {
        var lease = Samples.lease
        lease.range = KeyRange(lower: 2, upper: 1)
        let error = #expect(throws: ProtocolError.self) {
            try FrameCodec.encode(Envelope(header: Samples.header, message: CoordinatorMessage.lease(lease)))
        }
        #expect(error?.code == .invalidValue)
    }

    @Test func aTypeOfTheOtherDirectionIsUnknown() {
        let error = #expect(throws: ProtocolError.self) {
            try FrameCodec.decodeCoordinatorMessage(Self.frames("BYE", #"{"released":[]}"#))
        }
        #expect(error?.code == .unknownType)
    }

    @Test func otherMagicAndOtherVersionsAreToldApart() {
        var frames = Self.frames("BYE", #"{"released":[]}"#)
        frames[0][3] = 9
        let version = #expect(throws: ProtocolError.self) { try FrameCodec.decodeWorkerMessage(frames) }
        #expect(version?.code == .unsupportedVersion(9))
        frames[0][0] = 0
        let magic = #expect(throws: ProtocolError.self) { try FrameCodec.decodeWorkerMessage(frames) }
        #expect(magic?.code == .notGodwit)
    }

    @Test func longTextsOfOnesOwnAreClippedAtACharacter() throws {
        let failed = Failed(
            lease: Samples.leaseID,
            shard: Samples.shard,
            errorClass: .rows,
            side: .worker,
            message: String(repeating: "ö", count: 5_000)
        )
        #expect(failed.message == String(repeating: "ö", count: 2_048))
        #expect(
            Revoke(lease: Samples.leaseID, reason: "a" + String(repeating: "ö", count: 5_000)).reason.utf8.count
                == 4_095
        )
        let envelope = Envelope(header: Samples.header, message: WorkerMessage.failed(failed))
        #expect(try FrameCodec.decodeWorkerMessage(FrameCodec.encode(envelope)) == envelope)
    }

    @Test func whatAReceiverWouldRefuseIsNotSent() {
        let message = CoordinatorMessage.drain(Drain(deadlineSeconds: .infinity))
        #expect(throws: ProtocolError.self) {
            try FrameCodec.encode(Envelope(header: Samples.header, message: message))
        }
    }

    @Test(arguments: [(1, 1, 1), (1, 3, 3), (3, 5, 3), (4, 5, nil), (0, 0, nil)] as [(UInt8, UInt8, UInt8?)])
    func theNewestVersionBothSpeakIsChosen(minimum: UInt8, maximum: UInt8, expected: UInt8?) {
        let own = ProtocolVersions(minimum: 1, maximum: 3)
        let other = ProtocolVersions(minimum: minimum, maximum: maximum)
        #expect(own.highestCommon(with: other) == expected)
        #expect(other.highestCommon(with: own) == expected)
    }
}
