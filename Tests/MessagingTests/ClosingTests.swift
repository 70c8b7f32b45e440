import Messaging
import Testing

@Suite(.timeLimit(.minutes(1))) struct ClosingTests {
    @Test func closingEndsTheStreamAndLaterSendsAreUnreachable() async throws {
        let router = try RouterEndpoint(binding: Endpoint("tcp://127.0.0.1:*"))
        let dealer = try DealerEndpoint(connecting: router.boundEndpoint)
        let reader = Task { await dealer.next() }
        await dealer.close()
        await dealer.close()
        #expect(await reader.value == nil)
        #expect(await dealer.send([[1]]) == .unreachable)
        try await dealer.reconnect()
        #expect(await dealer.send([[1]]) == .unreachable)
        await router.close()
        #expect(await router.send([[1]], to: dealer.identity) == .unreachable)
        #expect(await router.next() == nil)
    }

    @Test func lastWordsAreDeliveredBeforeCloseReturns() async throws {
        let router = try RouterEndpoint(binding: Endpoint("tcp://127.0.0.1:*"))
        let dealer = try DealerEndpoint(connecting: router.boundEndpoint)
        for number in UInt8(0)..<50 {
            _ = await dealer.send([[number]])
        }
        await dealer.close()
        for number in UInt8(0)..<50 {
            #expect(await router.next()?.frames == [[number]])
        }
        await router.close()
    }

    @Test func closingWithNobodyThereTakesNoLongerThanTheLinger() async throws {
        let router = try RouterEndpoint(binding: Endpoint("tcp://127.0.0.1:*"))
        await router.close()
        let timings = SocketTimings(linger: .milliseconds(50))
        let dealer = try DealerEndpoint(connecting: router.boundEndpoint, timings: timings)
        #expect(await dealer.send([[1]]) == .sent)
        let time = await ContinuousClock().measure { await dealer.close() }
        // Without the linger it would never return; half a minute leaves room for a busy machine.
        #expect(time < .seconds(30))
    }

    @Test func endpointsThatAreForgottenFreeTheirPort() async throws {
        var router: RouterEndpoint? = try RouterEndpoint(binding: Endpoint("tcp://127.0.0.1:*"))
        let endpoint = try #require(router?.boundEndpoint)
        weak let forgotten = router
        router = nil
        let second = try await RouterEndpoint.rebound(to: endpoint)
        #expect(forgotten == nil)
        await second.close()
    }

    @Test func manyEndpointsShareAThreadAndAContext() async throws {
        let context = try MessagingContext()
        let executor = try PollingExecutor()
        let router = try RouterEndpoint(
            binding: Endpoint("tcp://127.0.0.1:*"),
            context: context,
            executor: executor
        )
        for round in 0..<3 {
            let dealers = try (0..<40)
                .map { _ in
                    try DealerEndpoint(connecting: router.boundEndpoint, context: context, executor: executor)
                }
            for dealer in dealers {
                _ = await dealer.send([[UInt8(round)]])
            }
            for _ in dealers {
                let message = try #require(await router.next())
                #expect(await router.send(message.frames, to: message.peer) == .sent)
            }
            for dealer in dealers {
                #expect(await dealer.next()?.frames == [[UInt8(round)]])
            }
        }
        await router.close()
    }

    @Test func aCancelledReaderStopsWaiting() async throws {
        let router = try RouterEndpoint(binding: Endpoint("tcp://127.0.0.1:*"))
        let reader = Task { await router.next() }
        reader.cancel()
        #expect(await reader.value == nil)
        await router.close()
    }
}
