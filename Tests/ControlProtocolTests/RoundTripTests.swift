import ControlProtocol
import Scheduling
import Testing

@Suite struct RoundTripTests {
    @Test(arguments: Samples.workerMessages) func aWorkersMessageComesBackEqual(message: WorkerMessage) throws {
        let envelope = Envelope(header: Samples.header, message: message)
        #expect(try FrameCodec.decodeWorkerMessage(FrameCodec.encode(envelope)) == envelope)
    }

    @Test(arguments: Samples.coordinatorMessages)
    func aCoordinatorsMessageComesBackEqual(message: CoordinatorMessage) throws {
        let envelope = Envelope(header: Samples.header, message: message)
        #expect(try FrameCodec.decodeCoordinatorMessage(FrameCodec.encode(envelope)) == envelope)
    }

    @Test func theFramesReadAsDocumented() throws {
        let message = CoordinatorMessage.lease(Samples.lease)
        let frames = try FrameCodec.encode(Envelope(header: Samples.header, message: message))
        #expect(frames[0] == Array("GDW".utf8) + [1])
        #expect(
            String(decoding: frames[1], as: UTF8.self) == """
                {"incarnation":"00000000-0000-4000-8000-000000000003","run":"00000000-0000-4000-8000-000000000001",\
                "seq":18446744073709551615,"term":"00000000-0000-4000-8000-000000000002","type":"LEASE","worker":"host-1"}
                """
        )
        #expect(
            String(decoding: frames[2], as: UTF8.self) == """
                {"attempt":2,"entity":"orders","epoch":7,"kind":"copy","lease":"00000000-0000-4000-8000-000000000004",\
                "merges":true,"planRevision":3,"range":{"lower":-9223372036854775808},"shard":1742,\
                "snapshot":"00000003-0000001B-1","snapshotNumber":2}
                """
        )
    }
}
