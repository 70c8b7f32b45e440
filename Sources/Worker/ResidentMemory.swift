import Glibc

/// What the process has in memory now.
enum ResidentMemory {
    /// Resident bytes; 0 where the system does not say.
    ///
    /// https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html: the second number, in pages.
    static func now() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [UInt8](repeating: 0, count: 128)
        let count = fread(&line, 1, line.count, file)
        let numbers = line.prefix(count).split(separator: UInt8(ascii: " "))
        guard numbers.count > 1, let pages = Int(String(decoding: numbers[1], as: UTF8.self)) else { return 0 }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
