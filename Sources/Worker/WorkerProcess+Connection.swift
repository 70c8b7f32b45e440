import ControlStore
import Logging
import Messaging
import Observability
import Scheduling

extension WorkerProcess {
    /// Looks up where the coordinator is, beside the event loop: a target that does not answer holds nothing else up.
    func lookForCoordinator(in group: inout ThrowingDiscardingTaskGroup<any Error>) {
        guard !self.isLooking else { return }
        self.isLooking = true
        group.addTask { [configuration, store, logger, mailbox] in
            let endpoint = await Self.endpoint(configuration.coordinator, store, logger)
            mailbox.yield(.located(endpoint, isKeyMissing: await Self.isKeyMissing(configuration, store)))
        }
    }

    /// Connects to the coordinator where it is not where it was.
    func located(
        _ found: Result<Endpoint?, WorkerError>,
        isKeyMissing: Bool,
        in group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        self.isLooking = false
        self.isKeyMissing = isKeyMissing
        guard let endpoint = try found.get(), self.dealer == nil || endpoint != self.connectedTo else { return }
        if self.dealer != nil { self.logger.info("the coordinator has moved", metadata: .of([.endpoint: endpoint])) }
        await self.dealer?.close()
        do throws(MessagingError) {
            let dealer = try DealerEndpoint(
                connecting: endpoint,
                security: self.configuration.keys?.security ?? .none
            )
            self.dealer = dealer
            self.greetedHandshakes = 0
            self.connectedTo = endpoint
            group.addTask { [mailbox] in
                for await frames in dealer.incoming { mailbox.yield(.received(frames)) }
            }
        } catch {
            throw WorkerError(.messaging, error.message)
        }
        self.machine.connected(now: .now)
        // HELLO is due.
        self.mailbox.yield(.tick)
    }

    /// Begins a new connection to the same coordinator, which may be there and unheard.
    func reconnect() async throws {
        if await self.dealer?.isConnecting == true { return }
        do throws(MessagingError) {
            try await self.dealer?.reconnect()
        } catch {
            throw WorkerError(.messaging, error.message)
        }
    }

    /// Whether the coordinator that is up never answers who has no key, as this worker.
    private static func isKeyMissing(_ configuration: WorkerConfiguration, _ store: ControlStore) async -> Bool {
        guard configuration.keys == nil else { return false }
        // Only explains a silence: what can't be asked is not known.
        return (try? await store.leaderRequiresKeys()) ?? false
    }

    /// Where the coordinator is; nil while nobody can say.
    private static func endpoint(
        _ configured: Endpoint?,
        _ store: ControlStore,
        _ logger: Logger
    ) async -> Result<Endpoint?, WorkerError> {
        if let configured { return .success(configured) }
        do {
            try await store.requireSchema()
            return .success(try await store.coordinatorEndpoint().map { text throws in try Endpoint(text) })
        } catch let error as ControlStoreError where error.code == .notInstalled {
            // The first coordinator is about to make it.
            return .success(nil)
        } catch let error as ControlStoreError where error.isTransient {
            logger.debug("the control schema can't be reached", metadata: .of([.error: "\(error)"]))
            return .success(nil)
        } catch let error as ControlStoreError {
            guard error.isMissingRight else { return .failure(WorkerError(.database, "\(error)")) }
            return .failure(
                WorkerError(
                    .notPermitted,
                    """
                    \(error); make the role of GODWIT_TARGET a member of godwit_worker (docs/security.md), which gets its \
                    rights when a coordinator starts
                    """
                )
            )
        } catch let error as MessagingError {
            return .failure(WorkerError(.messaging, error.message))
        } catch {
            return .failure(WorkerError(.database, "\(error)"))
        }
    }
}
