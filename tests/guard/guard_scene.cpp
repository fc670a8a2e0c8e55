#include "guard/guard_scene.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <boost/json/parse.hpp>

#include "guard/facts.hpp"
#include "guard/io.hpp"
#include "net/answer_parser.hpp"

namespace healer::guard::testing {
namespace {

namespace json = boost::json;

constexpr int skipped = 77;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void shell(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

std::string engine_socket() {
  const char* host = std::getenv("DOCKER_HOST");
  const std::string text = host ? host : "unix:///var/run/docker.sock";
  return text.starts_with("unix://") ? text.substr(7) : std::string();
}

/// The user of this thread alone, for the peer's user of a connection.
class AsUser {
 public:
  explicit AsUser(unsigned user) { syscall(SYS_setresuid, -1, user, -1); }
  ~AsUser() { syscall(SYS_setresuid, -1, 0, -1); }
};

}  // namespace

void pause_a_little() {
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

std::string Answered::body() const {
  const auto end = bytes.find("\r\n\r\n");
  return end == std::string::npos ? std::string() : bytes.substr(end + 4);
}

bool Answered::refused_by(Rule rule) const {
  return status == guard::status_of(rule) &&
         bytes.find("healer-guard: " + to_string(rule) + ": ") != std::string::npos;
}

Answered collected(const std::function<long(char* into, std::size_t size)>& read) {
  Answered answered;
  net::AnswerParser::Settings settings;
  settings.endless = false;
  net::AnswerParser parser(std::move(settings));
  std::array<char, 65536> buffer;
  for (bool whole = false; !whole;) {
    const long got = read(buffer.data(), buffer.size());
    if (got <= 0) break;
    const std::string_view part(buffer.data(), static_cast<std::size_t>(got));
    answered.bytes.append(part);
    whole = !parser.feed(part) || parser.done();
  }
  if (answered.bytes.starts_with("HTTP/1.") && answered.bytes.size() > 12)
    answered.status = std::atoi(answered.bytes.c_str() + 9);
  return answered;
}

Answered converse(const std::string& socket, const std::string& bytes) {
  const auto connection = connect_unix(socket);
  if (!connection) return {};
  const Deadline deadline(Duration{20'000});
  // The peer may answer and close before it has read everything.
  (void)write_all(connection->get(), bytes, deadline);
  return collected([&](char* into, std::size_t size) {
    const auto got = read_some(connection->get(), into, size, deadline);
    return got ? static_cast<long>(*got) : -1L;
  });
}

std::string request(const std::string& method, const std::string& target, const std::string& body,
                    const std::string& headers) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: docker\r\n" + headers;
  if (!body.empty()) text += "Content-Type: application/json\r\n";
  if (method == "POST" || method == "PUT") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + body;
}

pid_t launch_guard(const std::string& conf, const std::string& plant, const char* option,
                   const std::string& ready) {
  const std::string log = conf.substr(0, conf.rfind('/')) + "/log";
  unlink(log.c_str());
  const pid_t guard = fork();
  if (guard == 0) {
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    dup2(out, 1);
    dup2(out, 2);
    if (!plant.empty()) setenv("HEALER_GUARD_PLANT", plant.c_str(), 1);
    const std::string program = plant.empty() ? GUARD_BINARY : GUARD_PLANTS_BINARY;
    execl(program.c_str(), "healer-guard", "--config", conf.c_str(), option, nullptr);
    _exit(127);
  }
  const auto is_ready = [&] { return read_file(log).find(ready) != std::string::npos; };
  wait_for([&] { return is_ready() || waitpid(guard, nullptr, WNOHANG) != 0; });
  if (!is_ready()) throw std::runtime_error("the guard does not start: " + read_file(log));
  return guard;
}

void Scene::need_engine() {
  const std::string socket = engine_socket();
  const bool answers = !socket.empty() && converse(socket, request("GET", "/_ping")).status == 200;
  if (geteuid() == 0 && answers) return;
  const char* required = std::getenv("HEALER_TEST_REQUIRE_ENGINE");
  std::cerr << "skipped: no engine at a unix socket, or not root\n";
  std::exit(required && std::string(required) == "1" ? 1 : skipped);
}

Scene::Scene(const std::string& engine) : engine_(engine.empty() ? engine_socket() : engine) {
  std::string pattern = "/tmp/healer-guard-XXXXXX";
  if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
  folder_ = pattern;
  shell("chmod 755 " + folder_ + " && chown 65531:65531 " + folder_);
  // The engine's socket may be in a folder that only root can enter.
  engine_for_guard_ = folder_ + "/engine.sock";
  if (link(engine_.c_str(), engine_for_guard_.c_str()) != 0)
    shell("touch " + engine_for_guard_ + " && mount --bind " + engine_ + " " + engine_for_guard_);
  const std::string docker = "docker -H unix://" + engine_;
  shell("mkdir -p " + folder_ + "/image/bin && cp " BUSYBOX_BINARY " " + folder_ +
        "/image/bin/busybox && for c in sh sleep "
        "echo cat true touch test rm trap env ps; do ln -sf busybox " +
        folder_ + "/image/bin/$c; done && tar -C " + folder_ + "/image -c . | " + docker +
        " import - guard-test >/dev/null && rm -rf " + folder_ + "/image");
}

Scene::~Scene() {
  // With its plugin dead, an engine answers nobody.
  for (const std::string& name : names_) raw(request("DELETE", "/v1.41/containers/" + name + "?force=1&v=1"));
  if (guard_ > 0) stop_guard(SIGTERM);
  std::error_code ignored;
  std::string command = "umount " + engine_for_guard_ + " 2>/dev/null; rm -rf '" + folder_ + "'";
  if (std::system(command.c_str()) != 0) std::cerr << folder_ << " stays\n";
}

Answered Scene::guarded(const std::string& bytes, unsigned user) const {
  const AsUser as(user);
  return converse(guard_socket(), bytes);
}

Answered Scene::as_operator(const std::string& line, unsigned user) const {
  const AsUser as(user);
  return converse(folder_ + "/admin.sock", line);
}

std::string Scene::create(const std::string& name, const std::string& labels, const std::string& extra,
                          const std::string& host, const std::string& image) {
  const std::string host_config =
      R"("HostConfig":{"NetworkMode":"none")" + (host.empty() ? "" : "," + host) + "}";
  std::string body = R"({"Image":")" + image + R"(","Labels":{)" + labels + "}," + host_config;
  if (extra.find("\"Cmd\"") == std::string::npos) body += R"(,"Cmd":["sleep","100000"])";
  body += (extra.empty() ? "" : "," + extra) + "}";
  remove(name);
  const Answered answered = raw(request("POST", "/v1.41/containers/create?name=" + name, body));
  if (answered.status != 201) throw std::runtime_error("create " + name + ": " + answered.bytes);
  names_.push_back(name);
  return json::parse(answered.body()).as_object()["Id"].as_string().c_str();
}

std::string Scene::run(const std::string& name, const std::string& labels, const std::string& extra,
                       const std::string& host, const std::string& image) {
  std::string id = create(name, labels, extra, host, image);
  const Answered answered = raw(request("POST", "/v1.41/containers/" + id + "/start"));
  if (answered.status != 204) throw std::runtime_error("start " + name + ": " + answered.bytes);
  return id;
}

void Scene::remove(const std::string& name) {
  raw(request("DELETE", "/v1.41/containers/" + name + "?force=1"));
}

void Scene::ensure_running(const std::string& name) {
  const std::string status = status_of(name);
  if (status == "paused") raw(request("POST", "/v1.41/containers/" + name + "/unpause"));
  if (status != "running") raw(request("POST", "/v1.41/containers/" + name + "/start"));
}

json::object Scene::inspect(const std::string& name) const {
  const Answered answered =
      raw(request("GET", "/v1.41/containers/" + name + "/json", {}, "Connection: close\r\n"));
  if (answered.status != 200) return {};
  // The engine sends large answers in chunks: parse them as the guard does.
  net::AnswerParser parser({});
  if (!parser.feed(answered.bytes)) return {};
  return json::parse(parser.take().body).as_object();
}

std::string Scene::id_of(const std::string& name) const {
  return text_at(inspect(name), "Id");
}

std::string Scene::status_of(const std::string& name) const {
  return text_at(object_at(inspect(name), "State"), "Status");
}

std::string Scene::image_id(const std::string& name) const {
  const Answered answered =
      raw(request("GET", "/v1.41/images/" + name + "/json", {}, "Connection: close\r\n"));
  net::AnswerParser parser({});
  return parser.feed(answered.bytes) ? text_at(json::parse(parser.take().body).as_object(), "Id") : "";
}

std::string Scene::started_at(const std::string& name) const {
  return text_at(object_at(inspect(name), "State"), "StartedAt");
}

void Scene::label_image(const std::string& name, const std::string& label) {
  const std::string docker = "docker -H unix://" + engine_;
  shell(docker + " create --name guard-commit guard-test true >/dev/null && " + docker +
        " commit -c 'LABEL " + label + "' guard-commit " + name + " >/dev/null && " + docker +
        " rm guard-commit >/dev/null");
}

void Scene::start_guard(const std::string& lines, const std::string& plant, const char* option) {
  const std::string conf = folder_ + "/guard.conf";
  {
    std::ofstream file(conf);
    file << "engine=" << engine_for_guard_ << "\nsocket=" << guard_socket() << "\nadmin_socket=" << folder_
         << "/admin.sock\nstate=" << folder_ << "\n"
         << lines;
  }
  chmod(conf.c_str(), 0644);
  guard_ = launch_guard(conf, plant, option, "sees the engine's events");
}

void Scene::stop_guard(int signal) {
  kill(guard_, signal);
  waitpid(guard_, nullptr, 0);
  guard_ = -1;
}

void Scene::forget() {
  unlink((folder_ + "/journal").c_str());
  unlink((folder_ + "/audit").c_str());
}

std::pair<int, std::string> Scene::command(const std::string& arguments) const {
  const std::string output = folder_ + "/output";
  const int status = std::system((GUARD_BINARY " " + arguments + " >" + output + " 2>&1").c_str());
  return {WEXITSTATUS(status), read_file(output)};
}

std::string Scene::audit() const {
  return read_file(folder_ + "/audit");
}

}  // namespace healer::guard::testing
