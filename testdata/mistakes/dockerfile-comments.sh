# The Dockerfile has only comments.
dockerfile '# FROM debian'
cooper build .
