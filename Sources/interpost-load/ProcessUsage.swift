// What a process has used so far, as the kernel counts it.
//
// CPU comes from the process's CPU-time clock: nanoseconds, user and system, and the threads that have already exited too,
// where /proc/PID/stat counts ticks of 10 ms and /proc/PID/task/*/schedstat forgets what has exited. Work the kernel does for
// a process in interrupts is charged to whoever was interrupted, so on loopback a sender also pays for the receiver's TCP.

import Foundation
import Glibc

struct ProcessUsage: Sendable {
    let process: pid_t

    func cpuSeconds() throws -> Double {
        var clock = clockid_t()
        let code = clock_getcpuclockid(process, &clock)
        guard code == 0 else { throw SystemError("cannot find the CPU clock of process \(process)", code: code) }
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { throw SystemError("cannot read the CPU clock of process \(process)") }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The physical memory it holds (VmRSS), in KiB.
    func residentKiB() throws -> Double {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        guard let words = line?.split(whereSeparator: \.isWhitespace), words.count == 3, let size = Double(words[1]) else {
            throw UsageError(process: process)
        }
        return size
    }
}

private struct UsageError: Error, CustomStringConvertible {
    let process: pid_t
    var description: String { "/proc/\(process)/status tells no VmRSS: has the process ended?" }
}
