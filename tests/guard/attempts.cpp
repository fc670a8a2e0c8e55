#include "guard/attempts.hpp"

#include <string>
#include <vector>

namespace healer::guard::testing {

const std::vector<Victim> victims{{"g-stranger", Rule::OptIn},
                                  {"g-image", Rule::ImageOptIn},
                                  {"g-own", Rule::Itself},
                                  {"g-oneoff", Rule::OneOff},
                                  {"g-owned", Rule::Owner}};

namespace {

const std::string in = R"("monitored":"true")";

std::string version(const std::string& path) {
  return "/v1.41" + path;
}

const std::string exec_body =
    R"({"AttachStdin":false,"AttachStdout":true,"AttachStderr":true,"Tty":false,"Cmd":["echo","hello"]})";

/// The container that attempts remove; it ends at once when it is asked to.
void run_fresh(Scene& scene) {
  scene.run("g-fresh", "", R"("Cmd":["sh","-c","trap 'exit 0' TERM; sleep 100000 & wait"])");
}

void make_containers(Scene& scene) {
  scene.label_image("guard-test-in", "monitored=true");
  const std::string command = R"(,"healer.command":"echo hello","healer.remedies":"restart,stop,kill:HUP")";
  scene.run("g-web", in + command);
  scene.run("g-stranger", R"("healer.command":"echo hello")");
  scene.run("g-image", R"("healer.command":"echo hello")", {}, {}, "guard-test-in");
  scene.run("g-own", in + command);
  scene.run("g-oneoff", in + R"(,"com.docker.compose.oneoff":"True")" + command);
  scene.run("g-owned", in + R"(,"io.kubernetes.pod.name":"web-1")" + command);
  scene.run("g-graceful", in + R"(,"healer.remedies":"restart,stop,kill:PWR")",
            R"("Cmd":["sh","-c","trap 'exit 0' TERM; sleep 100000 & wait"])");
  scene.run("g-privileged", in + R"(,"healer.command":"echo hello","healer.remedies":"recreate")", {},
            R"("CapAdd":["SYS_ADMIN"])");
  scene.run("g-socket", in + command, {}, R"("Binds":[")" + scene.engine() + R"(:/s.sock"])");
  run_fresh(scene);
}

/// By name, by full id, and by two beginnings of the id.
std::vector<std::string> spellings(const Scene& scene, const std::string& name) {
  const std::string id = scene.id_of(name);
  return {name, id, id.substr(0, 12), id.substr(0, 20)};
}

void add_victims(const Scene& scene, std::vector<Attempt>& all) {
  for (const Victim& victim : victims)
    for (const std::string& spelling : spellings(scene, victim.name)) {
      const std::string path = version("/containers/" + spelling);
      all.push_back({victim.rule, request("GET", path + "/logs?stdout=1&stderr=1&tail=10")});
      all.push_back({victim.rule, request("GET", path + "/top")});
      all.push_back({victim.rule, request("GET", path + "/stats?stream=false&one-shot=true")});
      all.push_back({victim.rule, request("POST", path + "/start")});
      all.push_back({victim.rule, request("POST", path + "/stop?t=0")});
      all.push_back({victim.rule, request("POST", path + "/restart?t=0")});
      all.push_back({victim.rule, request("POST", path + "/kill?signal=HUP")});
      all.push_back({victim.rule, request("POST", path + "/exec", exec_body)});
    }
}

void add_calls(std::vector<Attempt>& all) {
  const std::string host = R"({"Image":"guard-test","Cmd":["true"],"HostConfig":)";
  for (const char* config :
       {"{}", R"({"Privileged":true})", R"({"Binds":["/:/host"]})", R"({"PidMode":"host"})",
        R"({"NetworkMode":"host"})", R"({"IpcMode":"host"})", R"({"CapAdd":["ALL"]})",
        R"({"Mounts":[{"Type":"bind","Source":"/","Target":"/h"}]})",
        R"({"SecurityOpt":["seccomp=unconfined"]})", R"({"VolumesFrom":["g-web"]})", R"({"UTSMode":"host"})",
        R"({"Devices":[{"PathOnHost":"/dev/null","PathInContainer":"/dev/x","CgroupPermissions":"rwm"}]})"})
    all.push_back({Rule::Verb, request("POST", version("/containers/create"), host + config + "}")});
  for (const char* path :
       {"/containers/g-web/changes", "/containers/g-web/export", "/containers/g-web/archive?path=/bin",
        "/images/json", "/images/guard-test/json", "/images/guard-test/history", "/images/guard-test/get",
        "/images/get?names=guard-test", "/volumes", "/system/df", "/plugins", "/networks/bridge",
        "/containers/g-stranger/archive?path=/bin/busybox", "/containers/g-stranger/export",
        "/containers/g-stranger/changes"})
    all.push_back({Rule::Verb, request("GET", version(path), {}, "Connection: close\r\n")});
  for (const char* path :
       {"/containers/g-fresh/rename?name=g-fresh2", "/containers/g-fresh2/rename?name=g-fresh",
        "/containers/g-fresh/pause", "/containers/g-fresh/unpause", "/containers/g-fresh/resize?h=10&w=10",
        "/containers/g-web/rename?name=g-web2", "/containers/g-web2/rename?name=g-web", "/containers/prune",
        "/images/prune", "/volumes/prune", "/networks/prune", "/build/prune",
        "/commit?container=g-web&repo=guard-evil", "/commit?container=g-stranger",
        "/images/guard-test/tag?repo=guard-moved"})
    all.push_back({Rule::Verb, request("POST", version(path))});
  all.push_back({Rule::Verb, request("POST", version("/containers/g-web/update"),
                                     R"({"Memory":67108864,"MemorySwap":-1})")});
  all.push_back(
      {Rule::Verb, request("POST", version("/containers/g-stranger/update"), R"({"CpuShares":2})")});
  all.push_back({Rule::Verb, request("POST", version("/volumes/create"), R"({"Name":"guard-evil"})")});
  all.push_back({Rule::Verb, request("POST", version("/networks/create"), R"({"Name":"guard-evil"})")});
  for (const char* path :
       {"/networks/guard-evil", "/volumes/guard-evil", "/containers/g-fresh?force=1", "/images/guard-moved"})
    all.push_back({Rule::Verb, request("DELETE", version(path))});
  all.push_back({Rule::Verb, request("HEAD", version("/containers/g-web/archive?path=/bin"))});
}

/// Other spellings of calls that the guard would pass, or would not.
void add_forms(std::vector<Attempt>& all) {
  for (const char* path :
       {"/info", "/containers/json", "/containers/g-web/json", "/networks", "/events?until=1"}) {
    const std::string tail = path;
    all.push_back({Rule::Version, request("GET", tail)});
    all.push_back({Rule::Version, request("GET", "/v1.12" + tail)});
    all.push_back({Rule::Version, request("GET", "/v1.23" + tail)});
    all.push_back({Rule::Path, request("GET", "http://docker/v1.41" + tail)});
    all.push_back({Rule::Path, request("GET",
                                       "/v1.41/%"
                                       "2e" +
                                           tail)});
    all.push_back({Rule::Path, request("GET", "/v1.41/" + tail)});
    all.push_back({Rule::Path, request("GET", "/v1.41/." + tail)});
    all.push_back({Rule::Path, request("GET", "/v1.41/images/.." + tail)});
    all.push_back({Rule::Path, request("GET", "/v1.41/images/%2e%2e" + tail)});
    all.push_back({Rule::Path, request("GET", "/v1.%341" + tail)});
    all.push_back({Rule::RequestLine, "GET /v1.41" + tail + " HTTP/1.0\r\nHost: d\r\n\r\n"});
    all.push_back(
        {Rule::Coding, request("GET", "/v1.41" + tail, {}, "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n"});
    all.push_back(
        {Rule::Upgrade, request("GET", "/v1.41" + tail, {}, "Upgrade: tcp\r\nConnection: Upgrade\r\n")});
    all.push_back({Rule::Upgrade, request("GET", "/v1.41" + tail, {}, "Expect: 100-continue\r\n")});
    all.push_back({Rule::Pipelined, request("GET", "/v1.41" + tail) + request("GET", "/v1.41/version")});
  }
  all.push_back({Rule::Pipelined,
                 request("GET", "/_ping") + request("POST", version("/containers/g-stranger/restart?t=0"))});
  const std::string restart = version("/containers/g-web/restart?t=0");
  all.push_back({Rule::Length, "POST " + restart +
                                   " HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"});
  all.push_back(
      {Rule::Coding,
       "POST " + restart +
           " HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"});
  all.push_back({Rule::Length, request("POST", version("/containers/g-web/start"), R"({})")});
  all.push_back({Rule::Length, request("POST", restart, R"({"Binds":["/:/h"]})")});
  all.push_back(
      {Rule::Version, request("POST", "/v1.23/containers/g-web/start", R"({"Binds":["/:/host"]})")});
  all.push_back({Rule::Version, request("POST", "/containers/g-web/restart?t=0")});
  all.push_back({Rule::Header, "GET /_ping HTTP/1.1\r\nHost: d\r\nX: a\r\n folded\r\n\r\n"});
  all.push_back({Rule::RequestLine, "GET /_ping HTTP/1.1\nHost: d\n\r\n\r\n"});
  all.push_back({Rule::Header, "GET /_ping HTTP/1.1\r\nHost: d\nX: y\r\n\r\n"});
  all.push_back({Rule::Header, request("GET", "/_ping", {}, "X: " + std::string(60'000, 'a') + "\r\n")});
}

void add_queries_and_bodies(std::vector<Attempt>& all) {
  for (const char* path :
       {"/top?ps_args=-o%20pid,args", "/top?ps_args=aux", "/json?size=1", "/logs?stdout=1&tail=all",
        "/logs?stdout=1", "/logs?stdout=1&tail=1&since=0", "/logs?stdout=1&stdout=1&tail=1",
        "/logs?stdout=1&tail=1&details=1", "/stats?stream=false&x=1"})
    all.push_back({Rule::Query, request("GET", version(std::string("/containers/g-web") + path))});
  all.push_back({Rule::Query, request("GET", version("/containers/json?all=1&size=1"))});
  all.push_back({Rule::Query, request("GET", version("/containers/json?limit=1"))});
  all.push_back({Rule::Query, request("GET", version("/events?until=1&x=1"))});
  for (const char* path : {"/restart?t=0&t=0", "/restart?t=0&signal=SIGKILL", "/restart?t=0&x",
                           "/start?checkpoint=", "/start?checkpoint-dir=", "/stop?t=0&signal=SIGUSR1",
                           "/start?detachKeys=ctrl-c", "/restart?t=0&"})
    all.push_back({Rule::Query, request("POST", version(std::string("/containers/g-web") + path))});
  all.push_back({Rule::StopTimeout, request("POST", version("/containers/g-graceful/restart?t=301"))});
  all.push_back({Rule::StopTimeout, request("POST", version("/containers/g-graceful/stop?t=86400"))});
  all.push_back({Rule::Signal, request("POST", version("/containers/g-graceful/kill?signal=PWR"))});
  for (const char* signal : {"?signal=9", "", "?signal=hup"})
    all.push_back({Rule::Signal, request("POST", version(std::string("/containers/g-web/kill") + signal))});
  for (const char* signal : {"KILL", "TERM", "SIGSTOP", "USR1"})
    all.push_back(
        {Rule::Remedy, request("POST", version(std::string("/containers/g-web/kill?signal=") + signal))});
  const std::string exec = version("/containers/g-web/exec");
  for (const char* body :
       {R"({"Cmd":["echo","hello"],"Privileged":true})", R"({"Cmd":["echo","hello"],"User":"0"})",
        R"({"Cmd":["echo","hello"],"Env":["A=b"]})", R"({"Cmd":["echo","hello"],"Tty":true})",
        R"({"Cmd":["echo","hello"],"AttachStdin":true})", R"({"Cmd":["echo","hello"],"WorkingDir":"/"})",
        R"({"Cmd":["echo","hello"],"cmd":["sh"]})", R"({"Cmd":["echo","hello"],"Cmd":["sh"]})",
        R"({"Cmd":["echo","hello"],"CMD":["sh"]})", R"({"Cmd":["echo","hello"],"u\u017Fer":"0"})",
        R"({"Cmd":["echo","hello"],"privileged":true})", R"({"cmd":["echo","hello"]})",
        R"({"Cmd":["echo","hello"],"DetachKeys":"ctrl-p"})", R"({"Cmd":["echo","hello"],"x":1})"})
    all.push_back({Rule::Json, request("POST", exec, body)});
  for (const char* command : {R"(["sh"])", R"(["echo"])", R"(["echo","hello","x"])", R"(["echo hello"])",
                              R"(["sh","-c","echo hello"])", R"(["/bin/echo","hello"])",
                              R"(["echo","Hello"])", R"(["echo","hello\n"])"})
    all.push_back({Rule::Command, request("POST", exec, std::string(R"({"Cmd":)") + command + "}")});
  for (const char* name : {"g-privileged", "g-socket"})
    all.push_back(
        {Rule::Hazard, request("POST", version("/containers/" + std::string(name) + "/exec"), exec_body)});
}

}  // namespace

bool succeeded(const Answered& answered) {
  return answered.status >= 100 && answered.status < 400;
}

Suite::Suite(Scene& on) : scene(on) {
  make_containers(scene);
  add_victims(scene, attempts);
  add_calls(attempts);
  add_forms(attempts);
  add_queries_and_bodies(attempts);
}

void Suite::restore() {
  for (const char* name : {"g-web", "g-stranger", "g-image", "g-own", "g-oneoff", "g-owned", "g-graceful"})
    scene.ensure_running(name);
  if (scene.inspect("g-fresh").empty() && scene.inspect("g-fresh2").empty()) run_fresh(scene);
}

}  // namespace healer::guard::testing
