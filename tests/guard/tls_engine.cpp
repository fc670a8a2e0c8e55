#include "guard/tls_engine.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/ssl.h>

namespace healer::guard::testing {
namespace {

void shell(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

/// A certification authority, the engine's certificate and those of two clients.
void make_certificates(const std::string& folder) {
  std::string script =
      "set -e; cd " + folder +
      "; new='openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2'"
      "; $new -subj /CN=ca -keyout ca-key.pem -out ca.pem"
      "; for name in engine healer operator; do mkdir -p $name; if [ $name = engine ]; then "
      "use=serverAuth; else use=clientAuth; fi"
      "; openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=$name -keyout "
      "$name/key.pem -out $name/request.pem"
      "; printf 'subjectAltName=IP:127.0.0.1\\nextendedKeyUsage=%s\\n' $use >$name/extensions"
      "; openssl x509 -req -in $name/request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 "
      "-extfile $name/extensions -out $name/cert.pem; cp ca.pem $name/ca.pem; chmod 644 $name/*; done";
  shell("(" + script + ") >" + folder + "/openssl.log 2>&1");
}

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeChain {
  void operator()(BIO* chain) const { BIO_free_all(chain); }
};

}  // namespace

void TlsEngine::own_network() {
  if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0 ||
      std::system("mount --make-rprivate / && ip link set lo up") != 0)
    throw std::runtime_error("no network of its own");
}

TlsEngine::TlsEngine() {
  if (!mkdtemp(folder_.data())) throw std::runtime_error("mkdtemp");
  plugin_ = "healer-guard" + folder_.substr(folder_.rfind('-'));
  make_certificates(folder_);
  // Look-ups fail at once instead of after a time-out.
  std::ofstream(folder_ + "/resolv.conf") << "nameserver 127.0.0.1\n";
  shell("mount --bind " + folder_ + "/resolv.conf /etc/resolv.conf");
  // The engine starts only with its plugin.
  shell("mkdir " + folder_ + "/first && chown 65531 " + folder_ + "/first && chmod 755 " + folder_);
  const std::string first = folder_ + "/first/guard.conf";
  std::ofstream(first) << "engine=" << socket() << "\nadmin_socket=" << folder_
                       << "/first/admin.sock\nstate=" << folder_ << "/first\n"
                       << plugin_lines();
  chmod(first.c_str(), 0644);
  const pid_t guard = launch_guard(first, {}, "--authz", "judges healer");
  engine_ = fork();
  if (engine_ == 0) {
    const int out = open((folder_ + "/dockerd.log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    dup2(out, 1);
    dup2(out, 2);
    const auto at = [&](const char* name) { return folder_ + "/" + name; };
    const std::string tls = "tcp://127.0.0.1:" + std::to_string(port);
    execlp("dockerd", "dockerd", "--data-root", at("data").c_str(), "--exec-root", at("run").c_str(),
           "--pidfile", at("pid").c_str(), "--host", ("unix://" + socket()).c_str(), "--host", tls.c_str(),
           "--tlsverify", "--tlscacert", at("ca.pem").c_str(), "--tlscert", at("engine/cert.pem").c_str(),
           "--tlskey", at("engine/key.pem").c_str(), "--authorization-plugin", plugin_.c_str(), nullptr);
    _exit(127);
  }
  const bool ready = wait_for([&] {
    return converse(socket(), request("GET", "/_ping")).status == 200 ||
           waitpid(engine_, nullptr, WNOHANG) != 0;
  });
  if (!ready || converse(socket(), request("GET", "/_ping")).status != 200) {
    shell("cat " + folder_ + "/dockerd.log >&2");
    throw std::runtime_error("the engine does not start");
  }
  kill(guard, SIGTERM);
  waitpid(guard, nullptr, 0);
}

TlsEngine::~TlsEngine() {
  kill(engine_, SIGTERM);
  waitpid(engine_, nullptr, 0);
  const std::string clean = "umount /etc/resolv.conf; findmnt --raw --noheadings --output TARGET | grep -F " +
                            folder_ + "/ | sort -r | xargs -r umount -l; rm -rf " + folder_ + " " +
                            plugin_socket();
  if (std::system(clean.c_str()) != 0) std::cerr << folder_ << " stays\n";
}

Answered TlsEngine::over_tls(const std::string& bytes, const std::string& name) const {
  const std::unique_ptr<SSL_CTX, FreeContext> context(SSL_CTX_new(TLS_client_method()));
  const std::string own = folder_ + "/" + name;
  if (SSL_CTX_load_verify_locations(context.get(), (folder_ + "/ca.pem").c_str(), nullptr) != 1 ||
      SSL_CTX_use_certificate_file(context.get(), (own + "/cert.pem").c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), (own + "/key.pem").c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("no certificate of " + name);
  const std::unique_ptr<BIO, FreeChain> connection(BIO_new_ssl_connect(context.get()));
  BIO_set_conn_hostname(connection.get(), ("127.0.0.1:" + std::to_string(port)).c_str());
  if (BIO_do_connect(connection.get()) != 1) return {};
  const timeval limit{10, 0};
  setsockopt(static_cast<int>(BIO_get_fd(connection.get(), nullptr)), SOL_SOCKET, SO_RCVTIMEO, &limit,
             sizeof limit);
  BIO_write(connection.get(), bytes.data(), static_cast<int>(bytes.size()));
  return collected([&](char* into, std::size_t size) {
    return static_cast<long>(BIO_read(connection.get(), into, static_cast<int>(size)));
  });
}

}  // namespace healer::guard::testing
