// Tests of the engine adapter without healer, on a real engine: recreating containers.
#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <rapidcheck.h>
#include <boost/json.hpp>

#include "engine/docker/docker_engine.hpp"
#include "integration/lab.hpp"
#include "net/loop.hpp"
#include "support/loop_wait.hpp"
#include "support/scripted_server.hpp"
#include "support/wait.hpp"

using namespace healer;
using namespace healer::testing;
namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

const std::string alive = "trap 'exit 0' TERM INT; while :; do sleep 1000 & wait; done";

/// Between the adapter and the engine: counts the calls that change something, and cuts one of them off.
class Gate {
 public:
  enum class Cut { Nothing, Request, Answer };

  explicit Gate(std::string engine_socket) : engine_(std::move(engine_socket)) {
    server_ = ScriptedServer::on_unix(path(), [this](Peer& peer) { serve(peer); });
  }

  std::string path() const { return folder_.file("gate.sock"); }
  /// From now on the `number`th change (from 1) and all later ones are cut: they do not reach the engine
  /// (Request), or the engine's answer does not come back (Answer).
  void cut(Cut what, int number) {
    what_ = what;
    number_ = number;
    changes_ = 0;
    answered_ = 0;
  }
  void open() { what_ = Cut::Nothing; }
  int answered() const { return answered_; }
  bool was_cut() const { return what_ != Cut::Nothing && changes_ >= number_; }

 private:
  void serve(Peer& peer) {
    const auto request = peer.read_request();
    if (!request) return;
    const int number = request->method == "GET" ? 0 : ++changes_;
    const bool closed = number >= number_ && number > 0;
    const bool later = what_ != Cut::Nothing && changes_ >= number_ && number != number_;
    if (later || (what_ == Cut::Request && closed)) return peer.hang();
    const std::string answer = forward(*request);
    if (number > 0) answered_ = number;
    if (what_ == Cut::Answer && closed) return peer.hang();
    peer.send(answer);
  }

  std::string forward(const SeenRequest& request) const {
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    engine_.copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
    std::string answer;
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
      const std::string text =
          request.method + " " + request.target + " HTTP/1.1\r\nHost: engine\r\n" +
          "Content-Type: application/json\r\nContent-Length: " + std::to_string(request.body.size()) +
          "\r\nConnection: close\r\n\r\n" + request.body;
      std::size_t sent = 0;
      while (sent < text.size()) {
        const auto now = ::send(socket, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (now <= 0) break;
        sent += static_cast<std::size_t>(now);
      }
      std::string part(64 * 1024, '\0');
      for (ssize_t got = 0; (got = ::recv(socket, part.data(), part.size(), 0)) > 0;)
        answer.append(part, 0, static_cast<std::size_t>(got));
    }
    ::close(socket);
    return answer;
  }

  TemporaryFolder folder_;
  std::string engine_;
  std::atomic<Cut> what_{Cut::Nothing};
  std::atomic<int> number_{0};
  std::atomic<int> changes_{0};
  std::atomic<int> answered_{0};  ///< the number of the last answered change
  std::unique_ptr<ScriptedServer> server_;
};

/// An image with a setting of every kind, to test which settings of a container are the image's.
const std::string& image() {
  static const std::string name = [] {
    Lab& lab = shared_lab();
    const TemporaryFolder folder;
    const fs::path root = folder.file("root");
    for (const char* path : {"bin", "tmp", "etc", "imgvol"}) fs::create_directories(root / path);
    fs::copy_file(BUSYBOX_BINARY, root / "bin/busybox");
    for (const char* tool : {"sh", "sleep", "cat", "test", "true"})
      fs::create_symlink("busybox", root / "bin" / tool);
    const std::string made = lab.image_name("recreate");
    import_image(lab.docker(), root, made,
                 {"ENV PATH=/bin IMAGE_ONE=one IMAGE_TWO=two", "EXPOSE 8080", "VOLUME /imgvol",
                  "LABEL of-image=yes", "ENTRYPOINT [\"/bin/sh\",\"-c\"]", "CMD [\"" + alive + "\"]",
                  "WORKDIR /tmp", "HEALTHCHECK --interval=1h CMD true"});
    return made;
  }();
  return name;
}

struct Stage {
  Lab& lab = shared_lab();
  const DockerCli& docker = lab.docker();
  net::Loop loop;
  Gate gate{docker.unix_socket()};
  std::unique_ptr<Engine> engine;
  std::vector<std::string> volumes;

  Stage() { connect(); }
  ~Stage() {
    engine.reset();
    lab.clear();
    for (const std::string& volume : volumes) docker.attempt({"volume", "rm", "-f", volume});
  }

  /// Like a new process of healer.
  void connect() {
    docker::DockerEngineSettings settings;
    settings.endpoint = net::UnixEndpoint{gate.path()};
    engine = std::make_unique<docker::DockerEngine>(loop, settings);
    std::optional<Result<EngineInfo>> info;
    engine->connect([&info](auto result) { info = result; });
    REQUIRE(run_until(loop, [&] { return info.has_value(); }));
    REQUIRE(*info);
  }

  std::string start(const std::string& base, std::vector<std::string> options,
                    const std::vector<std::string>& command = {}) {
    const std::string name = lab.name(base);
    std::vector<std::string> run = {"run", "-d", "--label", lab.mark()};
    if (options.empty() || options.front() != "--name") run.insert(run.end(), {"--name", name});
    run.insert(run.end(), options.begin(), options.end());
    run.push_back(image());
    run.insert(run.end(), command.begin(), command.end());
    docker(run);
    return name;
  }

  json::object inspect(const std::string& name) const {
    return json::parse(docker({"container", "inspect", name})).as_array().at(0).as_object();
  }
  std::string id(const std::string& name) const { return docker.inspect(name).id; }

  RecreateOrder order(const std::string& name) const {
    RecreateOrder order;
    order.container_id = id(name);
    order.name = name;
    order.mark = "healer1";
    order.stop_timeout = 1s;
    order.deadline = 60s;
    return order;
  }
  Result<std::string> recreate(const RecreateOrder& order, bool resume = false) {
    std::optional<Result<std::string>> result;
    const auto done = [&result](Result<std::string> given) { result = std::move(given); };
    resume ? engine->resume_recreate(order, done) : engine->recreate(order, done);
    REQUIRE(run_until(
        loop, [&] { return result.has_value(); }, std::chrono::seconds(120)));
    return *result;
  }
  Result<std::string> recreate(const std::string& name) { return recreate(order(name)); }

  /// All containers whose name contains this one.
  std::vector<std::string> all(const std::string& name) const {
    return docker.lines({"ps", "-a", "--filter", "name=" + name, "--format", "{{.Names}}"});
  }

  /// The old container has its name and runs.
  void check_old_is_back(const RecreateOrder& order) const {
    const ContainerFacts facts = docker.inspect(order.name);
    CHECK(facts.id == order.container_id);
    CHECK(facts.status == "running");
  }
};

// The part of an inspect answer that must be equal before and after the recreation.

bool says_nothing(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return true;
    case json::kind::string:
      return value.get_string().empty();
    case json::kind::array:
      return value.get_array().empty();
    case json::kind::object:
      return value.get_object().empty();
    default:
      return false;
  }
}

json::value without_nothing(const json::value& value) {
  if (const auto* object = value.if_object()) {
    json::object kept;
    for (const auto& entry : *object)
      if (json::value inner = without_nothing(entry.value()); !says_nothing(inner))
        kept[entry.key()] = std::move(inner);
    return kept;
  }
  if (const auto* array = value.if_array()) {
    json::array kept;
    for (const auto& element : *array) kept.push_back(without_nothing(element));
    return kept;
  }
  return value;
}

bool is_anonymous(const json::string& name) {
  return name.size() == 64 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isxdigit(c); });
}

void sort_by(json::array& array, const char* key) {
  std::sort(array.begin(), array.end(), [&](const json::value& a, const json::value& b) {
    return a.as_object().at(key).as_string() < b.as_object().at(key).as_string();
  });
}

json::object mounts_of(json::object host, const json::array& mounts) {
  // An anonymous volume has no name in HostConfig; after the recreation it has one.
  json::array typed;
  if (auto* given = host.if_contains("Mounts"); given && given->is_array())
    for (json::value& value : given->get_array()) {
      json::object& mount = value.as_object();
      const auto* source = mount.if_contains("Source");
      const bool named_by_us = source && source->is_string() && is_anonymous(source->get_string());
      if (mount.at("Type").as_string() != "volume") typed.push_back(mount);
      if (mount.at("Type").as_string() == "volume" && !named_by_us && source) typed.push_back(mount);
    }
  host["Mounts"] = typed;
  json::array seen = mounts;
  for (json::value& value : seen) {
    json::object& mount = value.as_object();
    const auto* name = mount.if_contains("Name");
    if (name && is_anonymous(name->as_string())) mount.erase("Mode");
  }
  sort_by(seen, "Destination");
  return {{"HostConfig", host}, {"Mounts", seen}};
}

json::object normal(const json::object& container) {
  const std::string short_id(container.at("Id").as_string().subview(0, 12));
  json::object config = container.at("Config").as_object();
  if (config.at("Hostname").as_string() == short_id) config.erase("Hostname");
  json::object all = mounts_of(container.at("HostConfig").as_object(), container.at("Mounts").as_array());
  if (container.at("HostConfig").as_object().at("NetworkMode").as_string().starts_with("container:"))
    config.erase("Hostname");
  all["Config"] = config;
  for (const char* key : {"Name", "Path", "Args", "Image", "Driver", "Platform"})
    all[key] = container.at(key);
  json::object networks;
  const json::object& settings = container.at("NetworkSettings").as_object();
  for (const auto& entry : settings.at("Networks").as_object()) {
    const json::object& seen = entry.value().as_object();
    json::object kept;
    for (const char* key : {"IPAMConfig", "Links", "DriverOpts", "NetworkID"}) kept[key] = seen.at(key);
    json::array aliases;
    if (const auto* given = seen.at("Aliases").if_array())
      for (const json::value& alias : *given)
        if (alias.as_string() != short_id) aliases.push_back(alias);
    kept["Aliases"] = aliases;
    if (!says_nothing(without_nothing(seen.at("IPAMConfig")))) kept["IPAddress"] = seen.at("IPAddress");
    if (const auto* mac = config.if_contains("MacAddress"); mac && !says_nothing(*mac))
      kept["MacAddress"] = seen.at("MacAddress");
    networks[entry.key()] = kept;
  }
  all["Networks"] = networks;
  json::object ports;
  for (const auto& entry : settings.at("Ports").as_object())
    ports[entry.key()] =
        entry.value().is_array() ? json::value(entry.value().get_array().size()) : json::value(0);
  all["Ports"] = ports;
  return without_nothing(all).as_object();
}

std::string pretty(const json::value& value, int depth = 0) {
  std::string text;
  const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  if (const auto* object = value.if_object()) {
    std::vector<std::string> keys;
    for (const auto& entry : *object) keys.emplace_back(entry.key());
    std::sort(keys.begin(), keys.end());
    for (const std::string& key : keys) {
      const json::value& inner = object->at(key);
      text +=
          indent + key + ":" + (inner.is_object() ? "\n" + pretty(inner, depth + 1) : pretty(inner) + "\n");
    }
    return text;
  }
  return " " + json::serialize(value);
}

}  // namespace

// Generated configurations.

namespace {

const std::vector<std::string> texts = {"",
                                        "plain",
                                        "a=b=c",
                                        "with space",
                                        "\"quoted\"",
                                        "back\\slash",
                                        "\t",
                                        "line\nbreak",
                                        "\xC3\xA9\xE2\x80\xA8",
                                        "\xF0\x9F\x90\xB3",
                                        "$HOME",
                                        "<&>",
                                        "\x01\x7F",
                                        "'",
                                        "%20",
                                        "{\"a\":1}"};

rc::Gen<std::string> any_text() {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(texts)),
                      [](const std::vector<std::string>& parts) {
                        std::string text;
                        for (const std::string& part : parts)
                          if (text.size() < 60) text += part;
                        return text;
                      });
}

/// Chooses one of the alternatives, each a list of options of `docker run`; no options is always one of them.
using Options = std::vector<std::string>;
rc::Gen<Options> one_of(std::vector<Options> alternatives) {
  alternatives.insert(alternatives.begin(), Options{});
  return rc::gen::elementOf(std::move(alternatives));
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

struct Networks {
  std::vector<std::string> names;
  std::vector<std::string> prefixes;
};

/// Networks with fixed subnets, so that a container can have a chosen address.
Networks make_networks(Stage& stage, int count) {
  Networks networks;
  for (int number = 0; number < count; ++number) {
    networks.names.push_back(stage.lab.name("net" + std::to_string(number)));
    for (int third = 0;; ++third) {
      REQUIRE(third < 250);
      const std::string prefix = "10." + std::to_string(219 + number) + "." + std::to_string(third) + ".";
      if (stage.docker
              .attempt({"network", "create", "--label", stage.lab.mark(), "--subnet", prefix + "0/24",
                        networks.names.back()})
              .code != 0)
        continue;
      networks.prefixes.push_back(prefix);
      break;
    }
  }
  return networks;
}

struct Joined {
  Options first;              ///< of `docker run`
  std::vector<Options> more;  ///< of one `docker network connect` each
};

Joined any_networks(const Networks& networks) {
  Joined joined;
  const int count = *rc::gen::inRange(0, 4);
  for (int number = 0; number < count; ++number) {
    const std::size_t index = static_cast<std::size_t>(number);
    Options options;
    const bool first = number == 0;
    if (*rc::gen::arbitrary<bool>())
      options.insert(options.end(),
                     {first ? "--network-alias" : "--alias", "alias" + std::to_string(number)});
    if (*rc::gen::arbitrary<bool>())
      options.insert(options.end(),
                     {"--ip", networks.prefixes[index] + std::to_string(*rc::gen::inRange(50, 200))});
    if (first) {
      joined.first = options;
      joined.first.insert(joined.first.end(), {"--network", networks.names[index]});
    } else {
      options.push_back(networks.names[index]);
      joined.more.push_back(options);
    }
  }
  return joined;
}

Options any_options(Stage& stage, const std::string& folder) {
  Options all;
  const auto add = [&all](const Options& options) { all.insert(all.end(), options.begin(), options.end()); };
  const auto some = [&](std::vector<Options> alternatives) { add(*one_of(std::move(alternatives))); };
  for (int number = *rc::gen::inRange(0, 3); number > 0; --number)
    add({"--label", "label" + std::to_string(number) + "=" + *any_text()});
  for (int number = *rc::gen::inRange(0, 4); number > 0; --number)
    add({"-e", "VARIABLE" + std::to_string(number) + "=" + *any_text()});
  some({{"-e", "IMAGE_ONE=one"}, {"-e", "IMAGE_TWO=other"}, {"-e", "IMAGE_TWO=two", "-e", "IMAGE_ONE=1"}});
  some({{"--label", "of-image=no"}, {"--label", "of-image=yes"}});
  some({{"-v", folder + ":/bound"}, {"-v", folder + ":/bound:ro"}});
  const std::string volume = stage.volumes.front();
  some({{"-v", volume + ":/named"},
        {"-v", volume + ":/named:ro"},
        {"--mount", "type=volume,src=" + volume + ",dst=/named"}});
  some({{"-v", "/anonymous"}, {"--mount", "type=volume,dst=/anonymous"}});
  some({{"--tmpfs", "/fast:size=1m"}, {"--mount", "type=tmpfs,dst=/fast,tmpfs-size=1048576"}});
  some({{"--restart", "always"}, {"--restart", "unless-stopped"}, {"--restart", "on-failure:3"}});
  some({{"-m", "64m"},
        {"--cpus", "0.5"},
        {"-m", "64m", "--memory-reservation", "32m"},
        {"--pids-limit", "50"},
        {"--cpu-shares", "512"}});
  some({{"--health-cmd", "test -e /", "--health-interval", "1h"},
        {"--no-healthcheck"},
        {"--health-retries", "7"}});
  some({{"--stop-signal", "SIGINT"}, {"--stop-timeout", "3"}});
  some({{"--ulimit", "nofile=100:200"}, {"--init"}, {"--shm-size", "8m"}, {"--oom-score-adj", "100"}});
  some({{"--cap-add", "NET_ADMIN"},
        {"--cap-drop", "CHOWN"},
        {"--security-opt", "no-new-privileges"},
        {"--read-only"}});
  some({{"--log-opt", "max-size=1m"}, {"--log-driver", "none"}});
  some({{"--user", "0:0"}, {"--workdir", "/"}, {"--group-add", "100"}, {"-t"}, {"-i"}});
  some({{"--device", "/dev/null:/dev/nothing"}, {"--sysctl", "net.core.somaxconn=200"}});
  some({{"--dns", "127.0.0.9"},
        {"--add-host", "there:127.0.0.8"},
        {"--hostname", "chosen"},
        {"--dns-search", "example.invalid"}});
  const std::string fixed = std::to_string(free_port());
  some({{"-p", "127.0.0.1::8080"}, {"-p", "127.0.0.1:" + fixed + ":8080"}, {"-P"}, {"-p", "9000/udp"}});
  return all;
}

Options any_command(Options& options) {
  switch (*rc::gen::inRange(0, 4)) {
    case 1:
      return {"echo other; " + alive};
    case 2:
      options.insert(options.end(), {"--entrypoint", "/bin/sleep"});
      return {"1000"};
    case 3:
      options.insert(options.end(), {"--entrypoint", ""});
      return {"/bin/sh", "-c", alive};
    default:
      return {};
  }
}

/// Calls `call` with the path of each writable volume.
void for_each_volume(const Stage& stage, const std::string& name,
                     const std::function<void(const std::string&)>& call) {
  const json::object container = stage.inspect(name);
  for (const json::value& value : container.at("Mounts").as_array()) {
    const json::object& mount = value.as_object();
    if (mount.at("Type").as_string() == "volume" && mount.at("RW").as_bool())
      call(std::string(mount.at("Destination").as_string()));
  }
}

}  // namespace

TEST_CASE("any container is replaced by its like") {
  Stage stage;
  const Networks networks = make_networks(stage, 3);
  const TemporaryFolder folder;
  stage.volumes = {stage.lab.name("volume")};
  stage.docker({"volume", "create", "--label", stage.lab.mark(), stage.volumes.front()});
  int cases = 0;
  const bool ok = rc::check("the same configuration, the same data", [&] {
    const std::string base = "like" + std::to_string(++cases);
    const Joined joined = any_networks(networks);
    Options options = any_options(stage, folder.path());
    options.insert(options.end(), joined.first.begin(), joined.first.end());
    const Options command = any_command(options);
    std::string said;
    for (const std::string& option : options) said += option + " ";
    RC_LOG(said);
    const std::string name = stage.start(base, options, command);
    for (Options connect : joined.more) {
      connect.insert(connect.begin(), {"network", "connect"});
      connect.push_back(name);
      stage.docker(connect);
    }
    for_each_volume(stage, name, [&](const std::string& path) {
      stage.docker({"exec", "-u", "0", name, "/bin/sh", "-c", "echo kept > " + path + "/word"});
    });
    const json::object before = normal(stage.inspect(name));
    const RecreateOrder order = stage.order(name);
    const auto result = stage.recreate(order);
    if (!result) RC_FAIL(result.error().message);
    RC_ASSERT(stage.all(name) == std::vector<std::string>{name});
    RC_ASSERT(stage.id(name) == *result);
    RC_ASSERT(*result != order.container_id);
    RC_ASSERT(stage.docker.inspect(name).status == "running");
    RC_ASSERT(pretty(normal(stage.inspect(name))) == pretty(before));
    for_each_volume(stage, name, [&](const std::string& path) {
      RC_ASSERT(stage.docker({"exec", "-u", "0", name, "/bin/cat", path + "/word"}) == "kept");
    });
    stage.docker.attempt({"rm", "-f", "-v", name});
  });
  MESSAGE(cases, " configurations");
  CHECK(ok);
}

namespace {

/// A container that holds a port of the host, so both cannot run side by side.
std::string start_with_port(Stage& stage, const std::string& base) {
  return stage.start(base, {"-p", "127.0.0.1:" + std::to_string(free_port()) + ":8080", "-v", "/data"});
}

/// The changes of such a recreation: create, stop, two renames, start, remove.
constexpr int changes_of_one = 6;

}  // namespace

TEST_CASE("after a lost answer at any call, the old container runs again or the new one has taken over") {
  Stage stage;
  for (int at = 1; at <= changes_of_one; ++at) {
    CAPTURE(at);
    const std::string name = start_with_port(stage, "lost" + std::to_string(at));
    const RecreateOrder order = stage.order(name);
    // Executed, but the answer is lost with the process; the next process resumes.
    stage.gate.cut(Gate::Cut::Answer, at);
    stage.engine->recreate(order, [](const Result<std::string>&) {});
    REQUIRE(run_until(stage.loop, [&] { return stage.gate.was_cut(); }));
    wait_until("the call is executed", [&] { return stage.gate.answered() >= at; });
    stage.gate.open();
    stage.connect();
    const auto result = stage.recreate(order, true);
    CHECK(stage.all(name) == std::vector<std::string>{name});
    const ContainerFacts facts = stage.docker.inspect(name);
    CHECK(facts.status == "running");
    CHECK(facts.id == (result ? *result : order.container_id));
    // Once the old container is set aside, the recreation is finished, not undone.
    CHECK(result.has_value() == (at >= 3));
    const auto again = stage.recreate(order, true);
    CHECK(again.has_value() == result.has_value());
    CHECK(stage.id(name) == facts.id);
  }
}

TEST_CASE("healer ends before a call reaches the engine, and the next one settles it") {
  Stage stage;
  for (int at = 1; at <= changes_of_one; ++at) {
    CAPTURE(at);
    const std::string name = start_with_port(stage, "ended" + std::to_string(at));
    const RecreateOrder order = stage.order(name);
    stage.gate.cut(Gate::Cut::Request, at);
    stage.engine->recreate(order, [](const Result<std::string>&) {});
    REQUIRE(run_until(stage.loop, [&] { return stage.gate.was_cut(); }));
    stage.gate.open();
    stage.connect();
    const auto result = stage.recreate(order, true);
    CHECK(stage.all(name) == std::vector<std::string>{name});
    CHECK(stage.docker.inspect(name).status == "running");
    CHECK(stage.id(name) == (result ? *result : order.container_id));
  }
}

TEST_CASE("when the new container cannot start, the old one is back and runs") {
  Stage stage;
  const std::string name = stage.lab.name("own");
  stage.docker({"create", "--label", stage.lab.mark(), "--name", name, "-v", "/data", "--entrypoint",
                "/sleep", image(), "1000"});
  stage.docker({"cp", BUSYBOX_BINARY, name + ":/sleep"});
  stage.docker({"start", name});
  const RecreateOrder order = stage.order(name);
  const auto result = stage.recreate(order);
  REQUIRE_FALSE(result);
  CAPTURE(result.error().message);
  CHECK(result.error().message.find("starting the new container") != std::string::npos);
  CHECK(result.error().message.find("the old container is back and runs") != std::string::npos);
  stage.check_old_is_back(order);
  CHECK(stage.all(name) == std::vector<std::string>{name});
}

TEST_CASE("a recreation fails when one of its names is taken, and the old container runs") {
  Stage stage;
  const std::string name = start_with_port(stage, "taken");
  const RecreateOrder order = stage.order(name);
  SUBCASE("the first name of the new container") {
    stage.start("taken", {"--name", name + "-healer1-new"});
    CHECK(stage.recreate(order).error().message.find("was not touched") != std::string::npos);
  }
  SUBCASE("the name for the old container") {
    stage.start("taken", {"--name", name + "-healer1"});
    CHECK(stage.recreate(order).error().message.find("is back and runs") != std::string::npos);
  }
  stage.check_old_is_back(order);
  CHECK(stage.all(name).size() == 2);
}

TEST_CASE("when another process takes the port in between, the old container is back and runs") {
  Stage stage;
  const std::uint16_t port = free_port();
  const std::string name = stage.start("port", {"-p", "127.0.0.1:" + std::to_string(port) + ":8080"});
  const RecreateOrder order = stage.order(name);
  const std::string since = stage.docker.now();
  std::atomic<bool> over{false};
  std::atomic<bool> held{false};
  std::thread thief([&] {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    while (!over && !held) {
      held = ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
             ::listen(socket, 1) == 0;
      if (!held) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    // Holds the port until the new container, which could not start, is removed.
    while (!over) {
      const auto events = stage.docker.events(name, since);
      if (std::find(events.begin(), events.end(), "destroy") != events.end()) break;
    }
    ::close(socket);
  });
  const auto result = stage.recreate(order);
  over = true;
  thief.join();
  REQUIRE(held);
  REQUIRE_FALSE(result);
  CAPTURE(result.error().message);
  CHECK(result.error().message.find("starting the new container") != std::string::npos);
  stage.check_old_is_back(order);
  CHECK(stage.all(name) == std::vector<std::string>{name});
}

TEST_CASE("a recreated container keeps the image that it ran on") {
  Stage stage;
  const std::string other = stage.lab.image_name("gone");
  const std::string name = stage.lab.name("gone");
  stage.docker({"tag", image(), other});
  stage.docker({"run", "-d", "--label", stage.lab.mark(), "--name", name, other});
  SUBCASE("the tag is gone, the image is there") {
    stage.docker({"rmi", other});
    const auto result = stage.recreate(name);
    REQUIRE(result);
    CHECK(stage.docker.inspect(name).status == "running");
    CHECK(
        stage.docker({"container", "inspect", "--format", "{{.Config.Image}}", name}).starts_with("sha256:"));
  }
  SUBCASE("the tag names another image now") {
    const std::string was = stage.docker({"container", "inspect", "--format", "{{.Image}}", name});
    stage.docker({"tag", stage.lab.image(), other});
    REQUIRE(stage.recreate(name));
    CHECK(stage.docker({"container", "inspect", "--format", "{{.Image}}", name}) == was);
    stage.docker({"rmi", other});
  }
}

TEST_CASE("side by side: the new one runs before the old one is stopped") {
  Stage stage;
  const TemporaryFolder folder;
  const std::string network = make_networks(stage, 1).names.front();
  // Two containers would write to the image's volume, so a tmpfs covers its path.
  const std::string name = stage.start("beside", {"--network", network, "--network-alias", "service",
                                                  "--tmpfs", "/imgvol", "-p", "127.0.0.1::8080"});
  const RecreateOrder order = stage.order(name);
  const std::string since = stage.docker.now();
  const auto result = stage.recreate(order);
  REQUIRE(result);
  CHECK(stage.all(name) == std::vector<std::string>{name});
  const auto starts =
      stage.docker.lines({"events", "--since", since, "--until", stage.docker.now(), "--filter",
                          "type=container", "--filter", "event=start", "--filter", "event=die", "--filter",
                          "label=" + stage.lab.mark(), "--format", "{{.Action}} {{.ID}}"});
  CHECK(starts == std::vector<std::string>{"start " + *result, "die " + order.container_id});
}

TEST_CASE("a container in another's network is recreated, also into the network of the new owner") {
  Stage stage;
  const std::string parent = stage.start("parent", {});
  const std::string child = stage.start("child", {"--network", "container:" + parent});
  SUBCASE("the owner is still there") {
    CHECK(stage.recreate(child));
  }
  SUBCASE("the owner was recreated") {
    REQUIRE(stage.recreate(parent));
    RecreateOrder order = stage.order(child);
    const auto refused = stage.recreate(order);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("is gone") != std::string::npos);
    stage.check_old_is_back(order);
    order.network_parent = stage.id(parent);
    CHECK(stage.recreate(order));
  }
  CHECK(stage.docker.inspect(child).status == "running");
  CHECK(stage.docker({"container", "inspect", "--format", "{{.HostConfig.NetworkMode}}", child}) ==
        "container:" + stage.id(parent));
}

TEST_CASE("a container is still the same after three recreations") {
  Stage stage;
  const std::string name = stage.start("again", {"-v", "/anonymous", "-e", "IMAGE_TWO=other"});
  stage.docker({"exec", name, "/bin/sh", "-c", "echo kept > /anonymous/word; echo kept > /imgvol/word"});
  const json::object before = normal(stage.inspect(name));
  for (int times = 0; times < 3; ++times) REQUIRE(stage.recreate(name));
  CHECK(pretty(normal(stage.inspect(name))) == pretty(before));
  CHECK(stage.docker({"exec", name, "/bin/cat", "/anonymous/word", "/imgvol/word"}) == "kept\nkept");
}
