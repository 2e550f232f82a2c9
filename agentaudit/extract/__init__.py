"""Documents to the Deployment: a file for each platform, a room where one outgrew its file."""
