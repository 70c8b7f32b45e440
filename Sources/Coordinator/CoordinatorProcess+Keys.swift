import ControlStore
import Messaging
import Scheduling

extension CoordinatorProcess {
    /// Refuses to listen where others could listen in.
    func refuseExposure() throws(CoordinatorError) {
        guard self.configuration.keys == nil, !self.configuration.endpoint.isLoopback else { return }
        throw CoordinatorError(
            .exposed,
            """
            refusing to bind \(self.configuration.endpoint): without keys anybody who reaches the port could take part, \
            so the coordinator listens on this machine only; make keys with `godwit keys generate` and give --keys
            """
        )
    }

    /// Binds for the workers of a run; who has no key on the allow-list is kept out from the beginning.
    func openEntrance(for run: RunID) async throws -> Entrance {
        let gate = try self.configuration.keys.map { pair throws in try KeyGate(pair) }
        let keyBook = try await self.keyBook(of: run)
        gate?.admit(only: keyBook.authorised)
        let router = try RouterEndpoint(
            binding: self.configuration.endpoint,
            security: gate?.security ?? .none,
            context: gate?.context
        )
        return Entrance(router: router, address: self.reachable(router.boundEndpoint), gate: gate, keyBook: keyBook)
    }

    /// The allow-list, and whose processes are known from earlier reigns of the run.
    private func keyBook(of run: RunID) async throws(ControlStoreError) -> KeyBook {
        guard self.configuration.keys != nil else { return KeyBook() }
        var owners: [Incarnation: CurveKey] = [:]
        for worker in try await self.store.workers(of: run) {
            // Written by a coordinator from a proven key.
            owners[worker.incarnation] = worker.publicKey.flatMap { try? CurveKey($0) }
        }
        var book = KeyBook(owners: owners)
        book.update(try await self.store.keys())
        return book
    }

    /// The address workers are told.
    private func reachable(_ bound: Endpoint) -> String {
        let port = bound.port.map(String.init) ?? "*"
        if let announced = self.configuration.announced {
            return announced.port == nil ? announced.with(port: bound.port).description : announced.description
        }
        let isEverywhere = ["*", "0.0.0.0", "::"].contains(bound.host)
        return isEverywhere ? "tcp://\(self.configuration.host):\(port)" : bound.description
    }
}
