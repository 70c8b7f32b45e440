import ArgumentParser
import ControlStore
import Foundation

struct WorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers",
        abstract: "List the workers of a run, as they last said of themselves.",
        discussion: """
            A worker is running or draining; gone where it said that it leaves, lost where a coordinator has not heard of it for \
            30 seconds, revoked where its key was taken away, and silent where nothing was heard of it for 15 seconds and \
            no coordinator has judged it yet.

            The column batch is how many bytes of rows its smallest batches may hold now: less than 4 MiB where the \
            target refuses rows, or where the worker has more in memory than the plan's memory_threshold.

            EXAMPLES
              godwit workers
              godwit drain alpha-1 --wait             # has one leave
              godwit workers 3 --json | jq '.[] | select(.state == "lost")'
              godwit workers --json | jq '.[] | {name, incarnation, public_key}'    # which key is whose

            EXIT STATUS
               0 listed, possibly none
              64 there is no such run
              69 the target can't be reached
              77 the role of GODWIT_TARGET may not
            """
    )

    @OptionGroup var run: RunOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await CommandFailure.reporting {
            let (store, run) = try await self.run.open(for: "workers")
            let now = Date()
            let workers = try await store.workers(of: run.id).map { WorkerRow($0, now: now) }
            if self.output.json {
                try JSONOutput.print(workers)
                return
            }
            guard !workers.isEmpty else {
                StandardOutput.write("run #\(run.number) has had no worker yet\n")
                return
            }
            var table = TextTable([
                .left("worker"), .left("host", spared: 4), .right("pid", spared: 3), .right("slots", spared: 2),
                .left("state"), .right("seen"), .right("rows"), .right("rejected", spared: 6),
                .right("shards", spared: 5), .right("failed", spared: 7), .right("peak memory", spared: 0),
                .right("batch", spared: 1),
            ])
            for worker in workers {
                let seen = worker.lastSeen.map { Figures.duration(Date().timeIntervalSince($0)) + " ago" } ?? ""
                table.add([
                    worker.name, worker.host, "\(worker.pid)", "\(worker.slots)",
                    worker.isPresent || WorkerRecord.departed.contains(worker.state) ? worker.state : "silent",
                    seen,
                    Figures.count(Int64(worker.counter("rows_read"))),
                    Figures.count(Int64(worker.counter("rows_rejected"))),
                    Figures.count(Int64(worker.counter("shards_done"))),
                    Figures.count(Int64(worker.counter("shards_failed"))),
                    Figures.bytes(Int64(worker.counter("memory_bytes"))),
                    Figures.bytes(Int64(worker.counter("batch_bytes"))),
                ])
            }
            let width = Terminal.output.tableWidth
            let lines = table.lines(width: width) + table.omission(width: width)
            StandardOutput.write(lines.joined(separator: "\n") + "\n")
        }
    }
}
