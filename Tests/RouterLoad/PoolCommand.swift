import ArgumentParser
import Glibc
import Postgres
import Scheduling

struct PoolCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pool",
        abstract: "Connect workers that end every shard at once, until the coordinator leaves; needs GODWIT_TARGET."
    )

    @Option(help: "The coordinator's port on loopback.")
    var port: UInt16

    @Option(help: "How many workers, of one slot each.")
    var workers = 2_000

    func run() throws {
        let desk = try FenceDesk(ConnectionParameters(environmentVariable: "GODWIT_TARGET"))
        var pool: [Place] = []
        while pool.count < self.workers {
            guard let dealer = PlainDealer(port: self.port) else {
                usleep(50_000)
                continue
            }
            pool.append(Place(PoolWorker(number: pool.count, dealer: dealer)))
        }
        Report.line("\(pool.count) workers are connected")
        try Self.work(pool, desk)
    }

    /// Reads what there is, ends the shards that were granted, pings: in turn, on this one thread.
    private static func work(_ pool: [Place], _ desk: borrowing FenceDesk) throws {
        var sockets = pool.map { pollfd(fd: $0.worker.descriptor, events: Int16(POLLIN), revents: 0) }
        var nextTick = ContinuousClock.now
        while true {
            // Each look at all of them costs the kernel time that the coordinator needs: not one a message.
            usleep(2_000)
            guard poll(&sockets, nfds_t(sockets.count), 10) >= 0 else { continue }
            var granted: [(worker: Int, lease: LeaseID, shard: ShardID)] = []
            for number in pool.indices where sockets[number].revents != 0 {
                guard pool[number].worker.receive({ granted.append((number, $0, $1)) }) else { return }
            }
            if !granted.isEmpty {
                try desk.finish(granted.map { ($0.lease, $0.shard) })
                for one in granted { pool[one.worker].worker.report() }
            }
            let now = ContinuousClock.now
            guard now >= nextTick else { continue }
            nextTick = now + .milliseconds(20)
            for place in pool { place.worker.tick(now) }
        }
    }

    /// Where a worker stays; it can't be moved in an array.
    private final class Place {
        var worker: PoolWorker

        init(_ worker: consuming PoolWorker) {
            self.worker = worker
        }
    }
}
