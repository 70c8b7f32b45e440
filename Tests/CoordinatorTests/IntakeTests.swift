import Messaging
import Testing

@testable import Coordinator

@Suite struct IntakeTests {
    @Test func `no more messages are under way than the loop may fall behind`() async throws {
        let (incoming, sender) = AsyncStream<IncomingFrames>.makeStream()
        for _ in 0..<100 { sender.yield(IncomingFrames(peer: PeerID(rawValue: []), frames: [])) }
        let (delivered, delivery) = AsyncStream<Void>.makeStream()
        let intake = Intake(width: 3)
        let carrying = Task { await intake.carry(incoming) { _ in delivery.yield() } }
        var deliveries = delivered.makeAsyncIterator()
        for _ in 0..<3 { _ = await deliveries.next() }
        intake.handled()
        intake.handled()
        for _ in 0..<2 { _ = await deliveries.next() }
        // It waits for the loop, and ends with it.
        carrying.cancel()
        await carrying.value
        delivery.finish()
        var more = 0
        while await deliveries.next() != nil { more += 1 }
        #expect(more == 0)
    }
}
