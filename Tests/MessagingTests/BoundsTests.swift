import Messaging
import Testing

@Suite(.timeLimit(.minutes(1))) struct BoundsTests {
    @Test func messagesOverTheLimitsAreCountedAndDropped() async throws {
        let limits = MessageLimits(frames: 2, messageBytes: 1_000)
        let router = try RouterEndpoint(binding: Endpoint("tcp://127.0.0.1:*"), limits: limits)
        let dealer = try DealerEndpoint(connecting: router.boundEndpoint)
        let half = [UInt8](repeating: 1, count: 600)
        _ = await dealer.send([[1], [2], [3]])
        _ = await dealer.send([half, half])
        _ = await dealer.send(Array(repeating: [0], count: 50))
        _ = await dealer.send([[1], [2]])
        #expect(await router.next()?.frames == [[1], [2]])
        #expect(await router.counters == EndpointCounters(received: 1, oversized: 3))
        await router.close()
    }

    @Test func aFrameOverTheLimitCostsThePeerItsConnection() async throws {
        let router = try RouterEndpoint(
            binding: Endpoint("tcp://127.0.0.1:*"),
            limits: MessageLimits(messageBytes: 1_000)
        )
        let timings = SocketTimings(reconnectInterval: .milliseconds(10), reconnectMaximum: .milliseconds(20))
        let dealer = try DealerEndpoint(connecting: router.boundEndpoint, timings: timings)
        _ = await dealer.send([[UInt8](repeating: 1, count: 1_001)])
        // What was queued behind it may go down with the connection.
        let sender = Task {
            while !Task.isCancelled {
                _ = await dealer.send([[2]])
                await Task.yield()
            }
        }
        #expect(await router.next()?.frames == [[2]])
        sender.cancel()
        await sender.value
        #expect(await router.counters.oversized == 0)
        await router.close()
    }

    @Test func theOldestMessagesMakeRoomWhenTheConsumerLags() async throws {
        let router = try RouterEndpoint(
            binding: Endpoint("tcp://127.0.0.1:*"),
            limits: MessageLimits(queuedMessages: 10)
        )
        let dealer = try DealerEndpoint(connecting: router.boundEndpoint)
        for number in UInt8(0)..<50 {
            #expect(await dealer.send([[number]]) == .sent)
        }
        while await router.counters.received < 50 {
            await Task.yield()
        }
        #expect(await router.counters.dropped == 40)
        #expect(await router.next()?.frames == [[40]])
        await router.close()
        var rest: [UInt8] = []
        for await message in router.incoming {
            rest += message.frames.flatMap { $0 }
        }
        #expect(rest == Array(41..<50))
    }

    @Test func queuedBytesAreBoundedToo() async throws {
        let router = try RouterEndpoint(
            binding: Endpoint("tcp://127.0.0.1:*"),
            limits: MessageLimits(queuedBytes: 10_000)
        )
        let dealer = try DealerEndpoint(connecting: router.boundEndpoint)
        for _ in 0..<50 {
            _ = await dealer.send([[UInt8](repeating: 0, count: 983)])
        }
        while await router.counters.received < 50 {
            await Task.yield()
        }
        // 983 bytes and a routing id of 17 make 1,000.
        #expect(await router.counters.dropped == 40)
        await router.close()
    }

    @Test func aPeerThatDoesNotReadIsFullInsteadOfLost() async throws {
        let router = try RouterEndpoint(binding: Endpoint("tcp://127.0.0.1:*"))
        let dealer = try DealerEndpoint(
            connecting: router.boundEndpoint,
            limits: MessageLimits(queuedMessages: 1_000_000, queuedBytes: .max)
        )
        _ = await dealer.send([[1]])
        let peer = try #require(await router.next()).peer
        let large = [UInt8](repeating: 0, count: 200_000)
        var accepted = 0
        // Faster than loopback, so the queue of 100 fills.
        while await router.send([large, large, large], to: peer) == .sent {
            accepted += 1
        }
        #expect(await router.counters.full == 1)
        for _ in 0..<accepted {
            #expect(await dealer.next()?.frames.map(\.count) == [200_000, 200_000, 200_000])
        }
        await dealer.close()
        await router.close()
    }
}
