#include "guard/privileges.hpp"

#include <grp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sched.h>
#include <cerrno>
#include <cstring>

#include <seccomp.h>

#include <fmt/format.h>

namespace healer::guard {
namespace {

tl::unexpected<Error> system_failure(const std::string& what) {
  return failure(ErrorCode::Refused, fmt::format("{}: {}", what, std::strerror(errno)));
}

// clang-format off
constexpr int allowed[] = {
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(pwrite64),
    SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(lstat), SCMP_SYS(stat), SCMP_SYS(lseek),
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sigaltstack),
    SCMP_SYS(accept4), SCMP_SYS(connect), SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg), SCMP_SYS(shutdown), SCMP_SYS(getsockopt), SCMP_SYS(poll), SCMP_SYS(ppoll),
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(exit), SCMP_SYS(exit_group),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
    SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(openat),
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill), SCMP_SYS(sched_yield), SCMP_SYS(restart_syscall),
    SCMP_SYS(uname),
};
// clang-format on

}  // namespace

Result<void> drop_privileges(const Settings& settings) {
  struct stat engine {};
  const bool present = stat(settings.engine.c_str(), &engine) == 0;
  if (!present && !(errno == ENOENT && settings.engine_gid)) return system_failure(settings.engine);
  if (present && !S_ISSOCK(engine.st_mode))
    return failure(ErrorCode::InvalidInput, settings.engine + ": it is no socket");
  // The engine starts only after its plugin, and makes its socket then.
  if (!present) engine.st_gid = *settings.engine_gid;
  if (geteuid() == 0) {
    if (setgroups(0, nullptr) != 0) return system_failure("setgroups");
    if (setresgid(engine.st_gid, engine.st_gid, engine.st_gid) != 0)
      return system_failure(fmt::format("setresgid {}", engine.st_gid));
    if (setresuid(settings.uid, settings.uid, settings.uid) != 0)
      return system_failure(fmt::format("setresuid {}", settings.uid));
  }
  if (getuid() != settings.uid || geteuid() != settings.uid)
    return failure(
        ErrorCode::Refused,
        fmt::format("the guard runs as user {}; start it as root, or as user {} (uid= in its file)",
                    geteuid(), settings.uid));
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return system_failure("no_new_privs");
  // No core file, and no other process of this user may look inside.
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return system_failure("dumpable");
  return {};
}

Result<void> confine() {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
  if (!filter) return failure(ErrorCode::Refused, "seccomp: no filter");
  int fault = 0;
  const auto add = [&](std::uint32_t action, int call) {
    fault = fault ? fault : seccomp_rule_add(filter, action, call, 0);
  };
  const auto add_if = [&](int call, scmp_arg_cmp condition) {
    fault = fault ? fault : seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, condition);
  };
  for (const int call : allowed) add(SCMP_ACT_ALLOW, call);
  for (const int call : {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace)})
    add(SCMP_ACT_KILL_PROCESS, call);
  // glibc falls back to clone, whose flags a filter can read.
  add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
  add_if(SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
  add_if(SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
  add_if(SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  add_if(SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  fault = fault ? fault : seccomp_load(filter);
  seccomp_release(filter);
  if (fault) return failure(ErrorCode::Refused, fmt::format("seccomp: {}", std::strerror(-fault)));
  return {};
}

}  // namespace healer::guard
