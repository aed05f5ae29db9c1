package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gatehouse/internal/pipeline"
)

// predefined are the variables that every job has.
// https://learn.microsoft.com/azure/devops/pipelines/build/variables
func (j *jobRun) predefined(stage *pipeline.Stage) map[string]string {
	r, dir := j.run, func(name string) string { return filepath.Join(j.dir, name) }
	display := j.job.DisplayName
	if display == "" {
		display = j.job.Name
	}
	id := fmt.Sprint(r.runID())
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	out := map[string]string{
		"Agent.BuildDirectory": j.dir, "Agent.HomeDirectory": r.root, "Agent.WorkFolder": filepath.Dir(j.dir), "Agent.TempDirectory": j.temp,
		"Agent.ToolsDirectory": filepath.Join(filepath.Dir(j.dir), "_tool"), "Agent.Id": "1", "Agent.Name": host, "Agent.MachineName": host,
		"Agent.JobName": display, "Agent.JobStatus": string(Succeeded), "Agent.OS": agentOS(), "Agent.OSArchitecture": agentArchitecture(), "Agent.Version": "4.0.0",
		"Build.ArtifactStagingDirectory": dir("a"), "Build.StagingDirectory": dir("a"), "Build.BinariesDirectory": dir("b"), "Build.SourcesDirectory": dir("s"),
		"Build.Repository.LocalPath": dir("s"), "Build.Repository.Name": filepath.Base(r.o.Dir), "Build.Repository.Provider": "Git",
		"Build.BuildId": id, "Build.BuildNumber": r.number, "Build.DefinitionName": r.o.Request.Pipeline, "Build.Reason": "Manual",
		"Common.TestResultsDirectory": dir("TestResults"), "Pipeline.Workspace": j.dir,
		"System.DefaultWorkingDirectory": dir("s"), "System.ArtifactsDirectory": dir("a"), "System.DefinitionName": r.o.Request.Pipeline, "System.HostType": "build",
		"System.CollectionUri": "https://dev.azure.com/" + pipeline.Organization + "/", "System.TeamFoundationCollectionUri": "https://dev.azure.com/" + pipeline.Organization + "/",
		"System.TeamProject": pipeline.Project, "System.StageName": stage.Name, "System.StageDisplayName": stage.DisplayName, "System.StageAttempt": "1",
		"System.JobName": j.job.Name, "System.JobDisplayName": display, "System.PhaseName": j.job.Name, "System.JobAttempt": "1", "System.PhaseAttempt": "1",
	}
	for k, v := range Git(r.o.Dir) {
		out[k] = v
	}
	return out
}

func (r *run) runID() int64 {
	if r.library == nil {
		return 1
	}
	return r.library.ID()
}

// Git gives the variables that say what is checked out, of a folder that is the root of a
// repository; none elsewhere.
func Git(dir string) map[string]string {
	head, err := readScript(filepath.Join(dir, ".git", "HEAD"))
	if err != nil {
		return nil
	}
	out := map[string]string{}
	ref, ok := strings.CutPrefix(strings.TrimSpace(head), "ref: ")
	if !ok {
		out["Build.SourceVersion"] = strings.TrimSpace(head)
		return out
	}
	out["Build.SourceBranch"] = ref
	out["Build.SourceBranchName"] = ref[strings.LastIndexByte(ref, '/')+1:]
	if version, err := readScript(filepath.Join(dir, ".git", filepath.FromSlash(ref))); err == nil {
		out["Build.SourceVersion"] = strings.TrimSpace(version)
	}
	return out
}
