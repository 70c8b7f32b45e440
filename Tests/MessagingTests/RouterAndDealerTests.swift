import Messaging
import Testing

@Suite(.timeLimit(.minutes(1))) struct RouterAndDealerTests {
    @Test func aMessageGoesThereAndBack() async throws {
        let router = try RouterEndpoint(binding: Endpoint("tcp://127.0.0.1:*"))
        let dealer = try DealerEndpoint(connecting: router.boundEndpoint)
        #expect(await dealer.send([[1, 2], [], [3]]) == .sent)
        let received = try #require(await router.next())
        #expect(received == IncomingFrames(peer: dealer.identity, frames: [[1, 2], [], [3]]))
        #expect(await router.send([[4]], to: received.peer) == .sent)
        #expect(await dealer.next()?.frames == [[4]])
        #expect(await router.counters == EndpointCounters(received: 1, sent: 1))
        await dealer.close()
        await router.close()
    }

    @Test func fiftyDealersGetTheirOwnAnswers() async throws {
        let router = try RouterEndpoint(binding: Endpoint("tcp://127.0.0.1:*"))
        let messages = 20
        let echo = Task {
            for await message in router.incoming {
                _ = await router.send(message.frames, to: message.peer)
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                let endpoint = router.boundEndpoint
                group.addTask {
                    let dealer = try DealerEndpoint(connecting: endpoint)
                    for round in 0..<messages {
                        let frames = [[UInt8(number)], [UInt8(round)]]
                        #expect(await dealer.send(frames) == .sent)
                        #expect(await dealer.next()?.frames == frames)
                    }
                    await dealer.close()
                }
            }
            try await group.waitForAll()
        }
        #expect(await router.counters == EndpointCounters(received: 50 * messages, sent: 50 * messages))
        await router.close()
        await echo.value
    }

    @Test func aMessageToAnUnknownPeerIsUnreachable() async throws {
        let router = try RouterEndpoint(binding: Endpoint("tcp://127.0.0.1:*"))
        #expect(await router.send([[1], [2]], to: .random()) == .unreachable)
        #expect(await router.send([[1]], to: PeerID(rawValue: [])) == .unreachable)
        #expect(await router.counters == EndpointCounters(unreachable: 2))
        await router.close()
    }

    @Test func dealersComeBackToARouterThatRestarted() async throws {
        let first = try RouterEndpoint(binding: Endpoint("tcp://127.0.0.1:*"))
        let timings = SocketTimings(reconnectInterval: .milliseconds(10), reconnectMaximum: .milliseconds(20))
        let dealers = try (0..<5).map { _ in try DealerEndpoint(connecting: first.boundEndpoint, timings: timings) }
        for dealer in dealers {
            _ = await dealer.send([[1]])
            #expect(await first.next()?.peer == dealer.identity)
        }
        await first.close()
        let second = try await RouterEndpoint.rebound(to: first.boundEndpoint)
        for dealer in dealers {
            _ = await dealer.send([[2]])
        }
        var peers: Set<PeerID> = []
        for _ in dealers {
            let message = try #require(await second.next())
            #expect(message.frames == [[2]])
            peers.insert(message.peer)
        }
        #expect(peers == Set(dealers.map(\.identity)))
        await second.close()
    }

    @Test func aDealerReconnectsUnderItsOldName() async throws {
        let router = try RouterEndpoint(binding: Endpoint("tcp://127.0.0.1:*"))
        let dealer = try DealerEndpoint(connecting: router.boundEndpoint)
        for round in UInt8(0)..<10 {
            #expect(await dealer.send([[round]]) == .sent)
            #expect(await router.next() == IncomingFrames(peer: dealer.identity, frames: [[round]]))
            #expect(await router.send([[round]], to: dealer.identity) == .sent)
            #expect(await dealer.next()?.frames == [[round]])
            try await dealer.reconnect()
        }
        await router.close()
    }

    @Test func aSecondRouterOnThePortIsRefused() async throws {
        let router = try RouterEndpoint(binding: Endpoint("tcp://127.0.0.1:*"))
        let error = #expect(throws: MessagingError.self) { try RouterEndpoint(binding: router.boundEndpoint) }
        #expect(error?.code == .addressInUse)
        await router.close()
    }

    @Test func aRouterBindsToLocalhostByName() async throws {
        let router = try RouterEndpoint(binding: Endpoint("tcp://localhost:*"))
        #expect(router.boundEndpoint.isLoopback && router.boundEndpoint.port != nil)
        await router.close()
    }
}
